"""The table of who may see and change what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.management.access.caller import ADMIN, Caller, may_change, may_see, owned, still_owned
from shared.service.model import Service, Visibility

ALICE = Caller("alice@egi.eu", admin=False, proof="bearer", title="Alice Doe")
BOB = Caller("bob@egi.eu", admin=False, proof="bearer")
SERVICE = Service(name="n", image="i", script="s")


def of_alice(visibility: Visibility, *allowed: str) -> Service:
    return replace(SERVICE, owner=ALICE.name, visibility=visibility, allowed_users=allowed)


@pytest.mark.parametrize(
    ("caller", "service", "sees", "changes"),
    [
        (ADMIN, of_alice("private"), True, True),
        (ALICE, of_alice("private"), True, True),
        (ALICE, of_alice("restricted", "carol"), True, True),
        (BOB, of_alice("private"), False, False),
        (BOB, of_alice("private", BOB.name), False, False),
        (BOB, of_alice("public"), True, False),
        (BOB, of_alice("restricted"), False, False),
        (BOB, of_alice("restricted", "bob"), False, False),
        (BOB, of_alice("restricted", "carol", BOB.name), True, False),
        (BOB, SERVICE, False, False),
        (BOB, replace(SERVICE, visibility="public"), True, False),
    ],
)
def test_who_may(caller: Caller, service: Service, sees: bool, changes: bool) -> None:
    assert may_see(caller, service) is sees
    assert may_change(caller, service) is changes


def test_a_new_service_is_its_makers_whatever_it_says() -> None:
    forged = replace(SERVICE, owner="root", labels={"owner_name": "Root", "a": "b"})
    assert owned(forged, ADMIN).owner == "cluster_admin"
    assert owned(forged, ADMIN).labels == {"a": "b"}
    assert owned(forged, ALICE).owner == ALICE.name
    assert owned(forged, ALICE).labels == {"a": "b", "owner_name": "Alice_Doe"}
    assert owned(SERVICE, BOB).labels == {}


def test_the_owner_stays_when_the_administrator_replaces() -> None:
    before = owned(SERVICE, ALICE)
    after = still_owned(replace(SERVICE, owner="cluster_admin", image="j"), before)
    assert (after.owner, after.labels, after.image) == (before.owner, before.labels, "j")
    assert still_owned(SERVICE, owned(SERVICE, BOB)).labels == {}
