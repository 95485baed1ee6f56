from __future__ import annotations

import base64

import pytest

from gateway.management.access.forward_auth import Question, Verdict, verdict
from shared.service.tokens import digest

TOKEN, OTHER = "ab" * 32, "cd" * 32
AS_ADMIN = "Basic " + base64.b64encode(b"oscar:secret").decode()
AS_SERVICE = "Basic " + base64.b64encode(f"ocr:{TOKEN}".encode()).decode()


def ask(
    authorization: str = "", token: str = "", uri: str = "", cookie: str = ""
) -> tuple[Verdict, str]:
    return verdict(Question(authorization, token, uri, cookie), digest(TOKEN))


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
    assert ask(**question) == ("right", TOKEN)


@pytest.mark.parametrize(
    "question",
    [
        {"authorization": f"Bearer {OTHER}"},
        {"authorization": "Bearer " + "\udcff" * 64},
        {"authorization": f"Bearer {OTHER}", "cookie": TOKEN},
        {"token": OTHER},
    ],
)
def test_another_token_is_wrong(question: dict[str, str]) -> None:
    assert ask(**question) == ("wrong", "")


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"authorization": "Bearer jwt.of.another", "cookie": TOKEN},
        {"uri": "/x?token=short"},
        {"authorization": AS_SERVICE},
        {"authorization": AS_SERVICE, "token": TOKEN},
        {"authorization": "Basic xx", "cookie": TOKEN},
        {"authorization": AS_ADMIN},
    ],
)
def test_what_is_no_token_of_a_service_asks_who_calls(question: dict[str, str]) -> None:
    assert ask(**question) == ("none", "")
