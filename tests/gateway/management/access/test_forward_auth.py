from __future__ import annotations

import base64

import pytest

from gateway.management.access.credentials import Credentials
from gateway.management.access.forward_auth import Question, allowed
from shared.service.tokens import digest

TOKEN, OTHER = "ab" * 32, "cd" * 32
ADMIN = Credentials("oscar", "secret")
AS_ADMIN = "Basic " + base64.b64encode(b"oscar:secret").decode()
AS_SERVICE = "Basic " + base64.b64encode(f"ocr:{TOKEN}".encode()).decode()


def ask(
    authorization: str = "", token: str = "", uri: str = "", cookie: str = ""
) -> tuple[bool, str]:
    return allowed(Question(authorization, token, uri, cookie), digest(TOKEN), ADMIN)


@pytest.mark.parametrize(
    "question",
    [
        {"authorization": f"Bearer {TOKEN}"},
        {"authorization": f"bearer {TOKEN} "},
        {"token": TOKEN},
        {"uri": f"/system/services/ocr/exposed/x?a=b&token={TOKEN}"},
        {"cookie": TOKEN},
        {"token": "the app's own", "cookie": TOKEN},
        {"token": OTHER, "cookie": TOKEN},
    ],
)
def test_the_token_lets_pass_and_is_kept_in_a_cookie(question: dict[str, str]) -> None:
    assert ask(**question) == (True, TOKEN)


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"authorization": f"Bearer {OTHER}"},
        {"authorization": "Bearer " + "\udcff" * 64},
        {"authorization": f"Bearer {OTHER}", "cookie": TOKEN},
        {"authorization": "Bearer jwt.of.another", "cookie": TOKEN},
        {"token": OTHER},
        {"uri": "/x?token=short"},
        {"authorization": AS_SERVICE},
        {"authorization": AS_SERVICE, "token": TOKEN},
        {"authorization": "Basic xx"},
    ],
)
def test_others_do_not_pass(question: dict[str, str]) -> None:
    assert ask(**question) == (False, "")


def test_the_administrator_passes_without_a_cookie() -> None:
    assert ask(authorization=AS_ADMIN) == (True, "")
