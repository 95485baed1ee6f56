"""Waiting for the next guess, walked along a clock."""

from __future__ import annotations

from gateway.management.access.guesses import (
    FORGOTTEN,
    FREE,
    FREE_OF_ACCOUNT,
    LONGEST,
    LONGEST_OF_ACCOUNT,
    MOST,
    Guesses,
)

A, B = "192.0.2.1", "192.0.2.2"
ADMIN = b"oscar"


def guess(guesses: Guesses, times: int, address: str = A, now: float = 0.0) -> list[float]:
    return [guesses.failed(address, ADMIN, now) for _ in range(times)]


def test_the_wait_grows_with_every_wrong_password_after_the_free_ones() -> None:
    guesses = Guesses()
    assert guesses.wait(A, ADMIN, 0.0) == 0.0
    assert guess(guesses, FREE - 1) == [0.0] * (FREE - 1)
    assert guess(guesses, 12) == [1, 2, 4, 8, 16, 32, 64, 128, 256, LONGEST, LONGEST, LONGEST]
    assert guesses.wait(A, ADMIN, 100.0) == LONGEST - 100.0
    assert guesses.wait(A, ADMIN, LONGEST) == 0.0


def test_a_right_one_forgives() -> None:
    guesses = Guesses()
    guess(guesses, FREE)
    guesses.succeeded(A)
    assert guesses.wait(A, ADMIN, 0.0) == 0.0
    assert guess(guesses, FREE - 1) == [0.0] * (FREE - 1)
    guesses.succeeded("never seen")


def test_an_address_waits_for_none_but_itself() -> None:
    guesses = Guesses()
    guess(guesses, FREE_OF_ACCOUNT - 2)
    assert guesses.wait(B, ADMIN, 0.0) == 0.0
    assert guess(guesses, 1, B) == [0.0]


def test_an_account_under_attack_slows_down_whoever_was_wrong_once() -> None:
    guesses = Guesses()
    for number in range(FREE_OF_ACCOUNT - 1):
        assert guess(guesses, 1, f"198.51.100.{number}") == [0.0]
    waits = [guess(guesses, 1, f"203.0.113.{number}")[0] for number in range(8)]
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST_OF_ACCOUNT, LONGEST_OF_ACCOUNT]
    assert guesses.wait(B, ADMIN, 0.0) == 0.0  # never wrong: heard at once
    assert guesses.wait("198.51.100.0", ADMIN, 10.0) == LONGEST_OF_ACCOUNT - 10.0
    assert guesses.wait("198.51.100.0", b"another", 0.0) == 0.0
    guess(guesses, 1, B, now=5.0)  # mistyped meanwhile: waits for its own slip alone
    guess(guesses, 9, A, now=60.0)
    assert guesses.wait(B, ADMIN, 5.0 + LONGEST_OF_ACCOUNT) == 0.0


def test_what_is_long_ago_is_forgotten() -> None:
    guesses = Guesses()
    guess(guesses, 20)
    assert guess(guesses, 1, now=FORGOTTEN) == [0.0]


def test_memory_is_bounded_and_keeps_who_guesses_still() -> None:
    guesses = Guesses()
    guess(guesses, FREE + 3)
    for number in range(MOST - 1):
        guesses.failed(f"address {number}", f"account {number}".encode(), 0.0)
        if number % 1000 == 0:
            guess(guesses, 1)
    guesses.failed("one more", b"x" * 100_000, 0.0)
    assert guesses.wait(A, ADMIN, 0.0) == LONGEST
    assert guesses.wait("address 0", b"account 0", 0.0) == 0.0
    assert len(guesses._addresses) == len(guesses._accounts) == MOST
