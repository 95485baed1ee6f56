"""Events of a namespace that has very many are looked through up to a bound, which is told."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.management.store import surroundings
from gateway.management.store.surroundings import Surveyor
from shared.embedded import kinds
from shared.kube import client
from tests.gateway.management.cluster import NS, Cluster


def emit(cluster: Cluster, number: int) -> None:
    body: dict[str, Any] = {
        "metadata": {"name": f"e{number}"},
        "involvedObject": {"kind": "Pod", "name": f"p{number}", "namespace": NS},
        "type": "Normal",
        "reason": "Why",
    }
    cluster.api.create(kinds.EVENT, body, NS, manager="test")


async def test_pages_of_events_are_bounded(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE", 2)
    monkeypatch.setattr(surroundings, "MOST_PAGES", 3)
    for number in range(5):
        emit(cluster, number)
    surveyor = Surveyor(cluster.kube)
    found, missing = await surveyor.events(lambda _: True)
    assert ([one["metadata"]["name"] for one in found], missing) == (
        ["e0", "e1", "e2", "e3", "e4"],
        "",
    )
    for number in range(5, 7):
        emit(cluster, number)
    found, missing = await surveyor.events(lambda one: one["metadata"]["name"] != "e0")
    assert len(found) == 5
    assert "too many" in missing
