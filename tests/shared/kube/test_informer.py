"""The informer over HTTP against a scripted server, in virtual time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from shared.kube.changes import Change
from shared.kube.client import KubeClient
from shared.kube.informer import Informer
from shared.kube.resources import CONFIGMAPS
from shared.runtime.clock import ManualClock
from tests.shared.kube.scripted import (
    Answer,
    Script,
    bookmark,
    event,
    hangs,
    item,
    listing,
    refuses,
    resets,
    says,
    status,
    streams,
)
from tests.tasks import running
from tests.waiting import until

NS = "oscar-svc"


class Subject:
    """A running informer, what it told, and its clock."""

    def __init__(self, kube: KubeClient, on_change: Callable[[Change], None] | None) -> None:
        self.clock = ManualClock()
        self.told: list[tuple[str, str]] = []
        self._more = asyncio.Event()
        self._extra = on_change
        self.informer = Informer(
            kube, CONFIGMAPS, NS, on_change=self._note, clock=self.clock, random=lambda: 0.5
        )

    def _note(self, change: Change) -> None:
        self.told.append((change.type, change.object["metadata"]["name"]))
        self._more.set()
        if self._extra is not None:
            self._extra(change)

    async def until_told(self, count: int) -> list[tuple[str, str]]:
        while len(self.told) < count:
            self._more.clear()
            await self._more.wait()
        return self.told

    async def drive_until_told(self, count: int) -> list[tuple[str, str]]:
        """As `until_told`, moving time on whenever the informer waits for its next attempt."""
        while len(self.told) < count:
            await asyncio.sleep(0.001)
            await self.clock.advance(1.0)
        return self.told

    async def until_waiting(self) -> None:
        """Real sockets are between us and the informer's next wait."""
        await until(lambda: self.clock.sleeping, "the informer waits")


@asynccontextmanager
async def following(
    kube: KubeClient, on_change: Callable[[Change], None] | None = None
) -> AsyncIterator[Subject]:
    subject = Subject(kube, on_change)
    async with running(subject.informer.run()):
        yield subject


async def test_however_much_comes_others_have_turns_in_between(
    api: Script, kube: KubeClient
) -> None:
    """Time stands still while the informer works: it is the number of objects that counts."""
    many = [item(f"s-{number}", number + 1) for number in range(1050)]
    api.then(says(listing(*many, version=5000)), refuses(410, "Expired"))
    api.then(says(listing(*many[1000:], version=5000)))
    api.otherwise = hangs()
    turns: list[int] = []

    async def take_turns(told: list[tuple[str, str]]) -> None:
        while True:
            turns.append(len(told))
            await asyncio.sleep(0)

    async with following(kube) as subject, running(take_turns(subject.told)):
        await subject.drive_until_told(2050)
    assert subject.told[1050][0] == subject.told[-1][0] == "DELETED"
    assert max(later - before for before, later in itertools.pairwise(turns)) <= 100


async def test_a_process_is_not_ready_before_the_last_page_has_come(
    api: Script, kube: KubeClient
) -> None:
    api.then(says(listing(item("a"), token="t")))
    api.otherwise = hangs()
    async with following(kube) as subject:
        await subject.until_told(1)
        await api.until(2)
        assert not subject.informer.synced.is_set()


async def test_it_lists_then_watches(api: Script, kube: KubeClient) -> None:
    api.then(
        says(listing(item("a"), token="t")),
        says(listing(item("b"), version=12)),
        streams(event("MODIFIED", item("a", 13)), event("DELETED", item("b", 14))),
    )
    api.otherwise = hangs()
    async with following(kube) as subject:
        assert subject.informer.last_contact == float("-inf")
        await subject.until_told(4)
        assert subject.informer.synced.is_set()
        assert subject.told[2:] == [("MODIFIED", "a"), ("DELETED", "b")]
        assert set(subject.informer.cache) == {(NS, "a")}
        assert subject.informer.last_contact == subject.clock.monotonic()
        await api.until(4)
    assert api.calls[1].query["continue"] == "t"
    assert api.calls[2].query["resourceVersion"] == "12"
    assert api.calls[3].query["resourceVersion"] == "14"  # the next watch goes on from there


@pytest.mark.parametrize(
    "gap",
    [
        pytest.param(refuses(410, "Expired"), id="as-http-status"),
        pytest.param(streams(event("ERROR", status(410, "Expired"))), id="as-error-event"),
    ],
)
async def test_410_lists_again_and_tells_what_was_missed(
    api: Script, kube: KubeClient, gap: Answer
) -> None:
    api.then(
        says(listing(item("gone"), item("kept"))), gap, says(listing(item("kept"), item("new")))
    )
    api.otherwise = hangs()
    async with following(kube) as subject:
        await subject.until_told(2)
        await subject.until_waiting()
        assert subject.informer.synced.is_set()
        await subject.clock.advance(1.0)
        told = await subject.until_told(4)
    assert told[2:] == [("ADDED", "new"), ("DELETED", "gone")]


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(refuses(500, "InternalError"), id="500"),
        pytest.param(resets(), id="reset"),
        pytest.param(streams(bookmark(20), b'{"type":"ADD'), id="half-line"),
        pytest.param(streams(bookmark(20), b'{"type":"ADD', cut=True), id="half-line-reset"),
        pytest.param(streams(bookmark(20), b"garbage\n"), id="garbage"),
    ],
)
async def test_a_broken_watch_goes_on_from_the_last_good_version(
    api: Script, kube: KubeClient, failure: Answer
) -> None:
    api.then(says(listing(item("a"), version=20)), failure, failure)
    api.then(streams(event("ADDED", item("b", 21))))
    api.otherwise = hangs()
    async with following(kube) as subject:
        assert await subject.drive_until_told(2) == [("ADDED", "a"), ("ADDED", "b")]
        assert subject.informer.failures >= 1  # aiohttp repeats a GET once on a reused connection
    assert [call.query.get("resourceVersion") for call in api.calls[:4]] == [None, "20", "20", "20"]


async def test_429_waits_as_long_as_the_server_asks(api: Script, kube: KubeClient) -> None:
    api.then(refuses(429, "TooManyRequests", Retry_After="10"), says(listing(item("a"))))
    api.otherwise = hangs()
    async with following(kube) as subject:
        await subject.until_waiting()
        await subject.clock.advance(9.9)
        assert len(api.calls) == 1
        await subject.clock.advance(1.0)
        await subject.until_told(1)


async def test_a_missing_right_is_logged_with_its_remedy_and_retried_more_and_more_slowly(
    api: Script, kube: KubeClient, caplog: pytest.LogCaptureFixture
) -> None:
    api.otherwise = refuses(403, "Forbidden", "configmaps is forbidden")
    waits = []
    async with following(kube) as subject:
        for _ in range(9):
            await subject.until_waiting()
            waits.append(subject.clock.next_in)
            await subject.clock.advance(waits[-1])
    assert waits[0] < 0.2 < 1.0 < waits[4] < waits[8] == 22.5
    assert "configmaps is forbidden" in caplog.text
    assert "allow this process's service account to list configmaps in namespace oscar-svc" in (
        caplog.text
    )


async def test_watches_live_again_within_two_seconds_of_a_server_that_refuses_for_one(
    api: Script, kube: KubeClient
) -> None:
    """An API server that has just started answers 403 until it has read its rules."""
    clock = ManualClock()
    api.then(says(listing(item("a"))), *[resets()] * 12)
    started: list[float] = []

    async def starting(request: web.Request) -> web.StreamResponse:
        started.append(clock.monotonic())
        known = clock.monotonic() - started[0] >= 1.0
        answers = streams(event("ADDED", item("b", 11))) if known else refuses(403, "Forbidden")
        return await answers(request)

    api.otherwise = starting
    told: list[str] = []
    informer = Informer(
        kube, CONFIGMAPS, NS, clock=clock, random=lambda: 1.0,
        on_change=lambda change: told.append(change.object["metadata"]["name"]),
    )  # fmt: skip
    async with running(informer.run()):
        while "b" not in told:
            await until(lambda: clock.sleeping or "b" in told, "the informer waits or knows")
            if "b" not in told:
                await clock.advance(clock.next_in)
    assert clock.monotonic() - started[0] < 2.0


async def test_a_raising_callback_is_logged_once_and_harms_no_other_change(
    api: Script, kube: KubeClient, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(change: Change) -> None:
        if change.object["metadata"]["name"] == "poison":
            raise ValueError("boom")

    api.then(says(listing(item("poison"), item("a"))), streams(event("ADDED", item("b", 11))))
    api.otherwise = hangs()
    async with following(kube, explode) as subject:
        assert [name for _, name in await subject.until_told(3)] == ["poison", "a", "b"]
        assert (NS, "poison") in subject.informer.cache
    assert caplog.text.count("ConfigMap poison: callback failed") == 1
    assert "boom" in caplog.text


async def test_a_watch_that_ends_at_once_and_again_does_not_spin(
    api: Script, kube: KubeClient
) -> None:
    api.then(says(listing(item("a"))))
    api.otherwise = streams()
    async with following(kube) as subject:
        await subject.until_waiting()
        assert len(api.calls) == 2
        await subject.clock.advance(0.01)
        assert len(api.calls) == 2


@pytest.mark.parametrize("answers", [[], [says(listing(item("a")))]], ids=["list", "watch"])
async def test_cancellation_is_clean_in_every_phase(
    api: Script, kube: KubeClient, answers: list[Any]
) -> None:
    api.then(*answers)
    api.otherwise = hangs()
    async with following(kube):
        await api.until(len(answers) + 1)


async def test_cancellation_while_waiting_is_clean(api: Script, kube: KubeClient) -> None:
    api.otherwise = refuses(500, "InternalError")
    async with following(kube) as subject:
        await subject.until_waiting()
    assert subject.clock.sleeping == 0


def test_the_cache_is_read_only() -> None:
    informer = Informer(None, CONFIGMAPS)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        informer.cache["x", "y"] = {}  # type: ignore[index]
