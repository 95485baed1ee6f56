"""What docs/operate/access.md states is what holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.management.access import bearer, budget, fetching, guesses, issuer, needs, oidc
from gateway.management.settings import VARIABLES

TEXT = (Path(__file__).parents[4] / "docs/operate/access.md").read_text()


@pytest.mark.parametrize(
    "sentence",
    [
        f"Clocks may differ by {bearer.LEEWAY} s",
        f"After {guesses.FREE} wrong passwords",
        f"from 1 s doubling to {guesses.LONGEST:.0f} s",
        f"After {guesses.FREE_OF_ACCOUNT} for one account",
        f"{guesses.LONGEST_OF_ACCOUNT:.0f} s from its first wrong one on",
        f"GET {needs.FORWARDED}".replace("{name}", "<name>"),
    ],
)
def test_numbers_and_names(sentence: str) -> None:
    assert sentence in " ".join(TEXT.split())


def test_words_for_numbers() -> None:
    assert (guesses.FORGOTTEN, "An hour without" in TEXT) == (3600, True)
    assert (issuer.FRESH, issuer.USABLE, issuer.AGAIN) == (3600, 24 * 3600, 30)
    assert (oidc.REMEMBERED, "for five minutes" in TEXT) == (300, True)
    assert (budget.AT_ONCE, budget.A_SECOND, "fifty at once" in TEXT) == (50, 1, True)
    assert (fetching.is_secure("http://127.0.0.1"), "this host alone" in TEXT) == (True, True)


def test_settings_that_are_named_exist_and_none_is_left_out() -> None:
    words = {word.strip("`=.,:;()[]").partition("=")[0] for word in TEXT.split()}
    named = {word for word in words if word.startswith("MANAGEMENT_")}
    about = ("OIDC", "ORIGINS", "PROXIES", "CREDENTIALS_FILE", "NAMESPACES")
    assert named == {name for name in VARIABLES if any(part in name for part in about)}
