"""Addresses of pods, and subnets that clusters do not share."""

from __future__ import annotations

import pytest

from shared.embedded.node.addresses import Addresses, SubnetTakenError


def test_two_clusters_with_one_seed_get_two_subnets() -> None:
    with Addresses.reserve(None, "seed") as one, Addresses.reserve(None, "seed") as other:
        assert not one.subnet.overlaps(other.subnet)


def test_a_subnet_that_is_held_is_refused_until_it_is_let_go() -> None:
    with Addresses.reserve(None, "x") as free:
        subnet = str(free.subnet)
        with pytest.raises(SubnetTakenError, match="held by another cluster"):
            Addresses.reserve(subnet, "")
    Addresses.reserve(subnet, "").close()


@pytest.mark.parametrize("subnet", ["10.0.0.0/16", "127.0.0.0/30", "no", "127.0.0.1/16"])
def test_a_subnet_must_be_one_of_loopback(subnet: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Addresses.reserve(subnet, "")


def test_an_address_is_not_used_again_soon() -> None:
    with Addresses.reserve(None, "y") as addresses:
        first = addresses.take()
        addresses.give_back(first)
        assert addresses.take() != first


def test_a_small_subnet_runs_out_and_recovers() -> None:
    with Addresses.reserve("127.251.7.0/28", "") as addresses:
        taken = [addresses.take() for _ in range(15)]
        assert len(set(taken)) == 15
        with pytest.raises(SubnetTakenError, match="every address"):
            addresses.take()
        addresses.give_back(taken[3])
        assert addresses.take() == taken[3]
