from __future__ import annotations

import base64

import pytest

from gateway.management.access.credentials import Credentials

ADMIN = Credentials("oscar", "pass:wörd")


def header(text: str, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_the_right_ones_match(scheme: str) -> None:
    assert ADMIN.match(header("oscar:pass:wörd", scheme))


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Bearer abc",
        header("oscar"),
        header("oscar:"),
        header("oscar:pass"),
        header("Oscar:pass:wörd"),
        header(":pass:wörd"),
        header("oscar:pass:wörd "),
        header("oscar:pass:wörd", "Bearer"),
        "Basic " + base64.b64encode(b"oscar:\xff").decode(),
        "Basic \udcff",
    ],
)
def test_others_do_not(authorization: str) -> None:
    assert not ADMIN.match(authorization)


def test_empty_credentials_of_ours_cannot_be_guessed_by_a_missing_header() -> None:
    assert not Credentials("", "").match("")


def test_the_password_is_not_shown() -> None:
    assert "wörd" not in repr(ADMIN)
