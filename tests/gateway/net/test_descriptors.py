"""How many clients a limit of descriptors carries, and when few are left."""

from __future__ import annotations

import os

import pytest

from gateway.limits import Limits, settled
from gateway.net import descriptors
from gateway.net.descriptors import Descriptors


@pytest.mark.parametrize(
    ("limit", "kept", "clients"),
    [(64, 8, 16), (256, 32, 100), (1024, 64, 468), (20_000, 64, 9956), (1 << 30, 64, 536870868)],
)
def test_each_client_may_need_a_pod_and_some_are_kept(limit: int, kept: int, clients: int) -> None:
    assert descriptors.reserve(limit) == kept
    assert descriptors.clients(limit) == clients


def test_there_is_always_a_client() -> None:
    assert descriptors.clients(16) == 1


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        (Limits(), (468, 234)),
        (Limits(connections=10), (10, 0)),
        (Limits(connections=0), (0, 0)),
        (Limits(connections_per_address=0), (468, 0)),
        (Limits(connections=10, connections_per_address=3), (10, 3)),
    ],
)
def test_what_nobody_states_follows_from_it(stated: Limits, found: tuple[int, int]) -> None:
    limits = settled(stated, descriptors.clients(1024))
    assert (limits.connections, limits.connections_per_address) == found


def test_clients_leave_some_to_pods() -> None:
    ours = Descriptors(1024)
    assert (ours.crowd, ours.ceiling) == (840, 960)


def test_few_are_left_when_the_next_is_of_the_reserve() -> None:
    ours = Descriptors(descriptors.present())
    free = os.dup(0)
    os.close(free)
    ours.ceiling = free + 1
    assert not ours.scarce()
    taken = os.dup(0)
    assert ours.scarce()
    os.close(taken)
    assert not ours.scarce()


def test_it_counts_those_that_are_open() -> None:
    descriptors = Descriptors(1000)
    before = descriptors.open()
    with open("/dev/null"), open("/dev/null"):
        assert descriptors.open() == before + 2
