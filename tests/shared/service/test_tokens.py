"""Tokens and the session cookie, as OSCAR's contract has them."""

from __future__ import annotations

import hashlib

import pytest

from shared.service import tokens

TOKEN = "ab" * 32
DIGEST = hashlib.sha256(TOKEN.encode()).digest()


def test_a_token_matches_its_digest_alone() -> None:
    assert tokens.digest(TOKEN) == DIGEST
    assert tokens.matches(TOKEN.encode(), DIGEST)
    assert not tokens.matches(b"cd" * 32, DIGEST)
    assert not tokens.matches(b"", b"")


def test_a_digest_is_stated_in_hex() -> None:
    assert tokens.parse_digest(DIGEST.hex()) == DIGEST


@pytest.mark.parametrize("text", ["", "a" * 63, "A" * 64, "g" * 64, DIGEST.hex() + "\n"])
def test_other_digests_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="64 lower-case hex digits"):
        tokens.parse_digest(text)


def test_the_cookie_is_bound_to_the_service() -> None:
    path = b"/system/services/my-app/exposed"
    assert tokens.session_cookie("my-app", b"T", path, secure=False) == (
        b"oscar_service_my_app_auth=T; Path=/system/services/my-app/exposed; HttpOnly; SameSite=Lax"
    )
    assert tokens.session_cookie("my-app", b"T", path, secure=True) == (
        b"oscar_service_my_app_auth=T; Path=/system/services/my-app/exposed; HttpOnly; Secure; "
        b"SameSite=Lax"
    )


def test_the_good_one_of_many_sessions() -> None:
    good = TOKEN.encode()
    others = [b"%064d" % number for number in range(255)]
    assert tokens.session([*others, good], DIGEST) == good
    assert tokens.session([*others * 3, b"short", good + b"x", good], DIGEST) == good
    assert tokens.session(others, DIGEST) == b""
    assert tokens.session([], DIGEST) == b""


def test_no_more_sessions_are_tried_than_a_browser_keeps() -> None:
    others = [b"%064d" % number for number in range(256)]
    assert tokens.session([*others, TOKEN.encode()], DIGEST) == b""
