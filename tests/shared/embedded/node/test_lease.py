"""A node's Lease: made, renewed, and tried again after a refusal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest

from shared.embedded.api.bootstrap import bootstrap
from shared.embedded.api.operations import Api
from shared.embedded.kinds import LEASE, NAMESPACE, NODE
from shared.embedded.node import lease
from shared.embedded.node.lease import NodeLease
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.runtime.clock import ManualClock

NAME = "local"


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api(Store(Journal()))
    api.create(NODE, {"metadata": {"name": NAME}}, manager="test")
    yield api
    api.store.close()


def renewed(api: Api) -> str:
    return str(api.get(LEASE, NAME, lease.NAMESPACE)["spec"]["renewTime"])


async def test_it_is_renewed_four_times_in_its_duration(api: Api) -> None:
    bootstrap(api)
    clock = ManualClock(1_700_000_000.5)
    task = asyncio.create_task(NodeLease(api, clock, NAME).run())
    await clock.advance(0)
    found = api.get(LEASE, NAME, lease.NAMESPACE)
    assert (found["spec"]["holderIdentity"], found["spec"]["leaseDurationSeconds"]) == (NAME, 40)
    assert renewed(api) == "2023-11-14T22:13:20.500000Z"
    await clock.advance(10)
    assert renewed(api) == "2023-11-14T22:13:30.500000Z"
    owner = api.get(NODE, NAME)["metadata"]["uid"]
    assert [each["uid"] for each in found["metadata"]["ownerReferences"]] == [owner]
    task.cancel()


async def test_a_refusal_is_told_once_and_tried_again(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock(1_700_000_000.0)
    with caplog.at_level(logging.WARNING):
        task = asyncio.create_task(NodeLease(api, clock, NAME).run())
        await clock.advance(20)
    assert caplog.text.count("was not renewed") == 1
    api.create(NAMESPACE, {"metadata": {"name": lease.NAMESPACE}}, manager="test")
    await clock.advance(10)
    assert renewed(api) == "2023-11-14T22:13:50.000000Z"
    task.cancel()


def test_it_goes_with_its_node(api: Api) -> None:
    bootstrap(api)
    NodeLease(api, ManualClock(), NAME).renew()
    api.delete(NODE, NAME)
    assert api.find(LEASE, NAME, lease.NAMESPACE) is None
