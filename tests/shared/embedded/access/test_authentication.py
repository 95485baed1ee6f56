"""Bearer tokens: who they stand for, until when, and how many there may be."""

from __future__ import annotations

import pytest

from shared.embedded.access.authentication import Tokens
from shared.embedded.access.rbac import User
from shared.embedded.errors import StatusError

ANN, ROBOT = User("ann"), User("robot")


@pytest.mark.parametrize("header", ["Bearer good", "bearer good", "BEARER  good "])
def test_a_known_token_is_its_user(header: str) -> None:
    assert Tokens({"good": ANN}).user(header) == ANN


@pytest.mark.parametrize(
    "header", ["", "good", "Bearer", "Bearer bad", "Bearer go od", "Basic good"]
)
def test_all_else_is_refused(header: str) -> None:
    with pytest.raises(StatusError) as refused:
        Tokens({"good": ANN}).user(header)
    assert refused.value.code == 401


def test_a_token_expires() -> None:
    now = [100.0]
    tokens = Tokens({}, now=lambda: now[0])
    tokens.add("short", ROBOT, expires=110)
    assert tokens.user("Bearer short") == ROBOT
    now[0] = 110.0
    with pytest.raises(StatusError):
        tokens.user("Bearer short")


def test_tokens_are_bounded_and_expired_ones_make_room() -> None:
    now = [100.0]
    tokens = Tokens({"good": ANN}, now=lambda: now[0], most=3)
    for number in range(2):
        tokens.add(f"t{number}", ROBOT, expires=110)
    with pytest.raises(StatusError, match="let some expire") as refused:
        tokens.add("t2", ROBOT, expires=110)
    assert refused.value.code == 503
    now[0] = 120.0
    tokens.add("t2", ROBOT, expires=130)
    assert tokens.user("Bearer t2") == ROBOT
    assert tokens.user("Bearer good") == ANN


def test_tokens_are_not_kept_in_the_clear() -> None:
    assert "good" not in repr(vars(Tokens({"good": ANN})))
