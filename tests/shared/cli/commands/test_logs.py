"""logs against the real services API, from pods whose logs the test writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.management.answers import log_follow
from shared.cli.commands.logs import Shown
from shared.cli.views.log_reading import Page
from tests.gateway.management.calls.test_followers import Node
from tests.shared.cli.here import Real, serving
from tests.waiting import until

DAY = "2026-01-01T00:00:"
SERVICE = {"name": "ocr", "image": "i", "script": "x", "expose": {"api_port": 80}}


@pytest.fixture
async def exposed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Real]:
    monkeypatch.setattr(log_follow, "PERIOD", 0.01)
    monkeypatch.setattr(log_follow, "GATHER", 0.005)
    monkeypatch.setattr(log_follow, "PULSE", 0.02)
    async with serving(tmp_path) as real:
        await real.make(SERVICE)
        yield real


@pytest.fixture
def node(exposed: Real) -> Node:
    return Node(exposed.cluster)


async def two_pods(node: Node) -> None:
    for pod, stamps in (("a", ("01", "03")), ("b", ("02", "04"))):
        node.add(pod)
        await node.write(pod, *(f"{DAY}{stamp}Z line {stamp}\x1b[2J" for stamp in stamps))


async def test_all_pods_together_in_order_and_as_they_wrote(exposed: Real, node: Node) -> None:
    await two_pods(node)
    assert await exposed.said("logs", "ocr") == "".join(
        f"{pod} | line {stamp}\x1b[2J\n"
        for pod, stamp in (("a", "01"), ("b", "02"), ("a", "03"), ("b", "04"))
    )


@pytest.mark.parametrize(
    ("options", "first"),
    [
        (("--tail", "1"), "b | line 04"),
        (("--tail", "2", "--no-prefix"), "line 03"),
        (("--tail", "all", "--timestamps"), f"a | {DAY}01Z line 01"),
        (("--tail", "2000"), "a | line 01"),
    ],
)
async def test_which_lines_and_how(
    exposed: Real, node: Node, options: tuple[str, ...], first: str
) -> None:
    await two_pods(node)
    lines = (await exposed.said("logs", "ocr", *options)).splitlines()
    assert lines[0].startswith(first)
    assert lines[-1].endswith("line 04\x1b[2J")


async def test_since_is_handed_on(exposed: Real, node: Node) -> None:
    await two_pods(node)
    assert await exposed.said("logs", "ocr", "--since", "10m") == ""
    assert node.asked[-1].since is not None


async def test_following_shows_new_lines_and_new_pods(
    exposed: Real, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Shown.page

    def until_six(self: Shown, page: Page) -> None:
        shown(self, page)
        if any(one["message"] == "six" for one in page["entries"]):
            raise KeyboardInterrupt

    monkeypatch.setattr(Shown, "page", until_six)
    await two_pods(node)
    work = asyncio.create_task(exposed("logs", "-f", "ocr", "--tail", "1", "--no-prefix"))
    await until(lambda: any(one.follow for one in node.asked), "the logs are followed")
    await node.write("a", f"{DAY}05Z five")
    node.add("c")
    await node.write("c", f"{DAY}06Z six")
    ended = await work
    assert ended.stdout.split("\n") == ["line 04\x1b[2J", "five", "six", ""]
    assert (ended.exit_code, ended.stderr) == (130, "")


async def test_following_ends_when_its_time_is_over(exposed: Real, node: Node) -> None:
    await two_pods(node)
    result = await exposed("logs", "-f", "ocr", "--tail", "0", "--for", "10ms")
    assert (result.exit_code, result.stdout) == (0, "")


async def test_what_is_odd_is_told_beside_the_lines(exposed: Real) -> None:
    result = await exposed("logs", "ocr")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "note: The service has no pods." in result.stderr


async def test_of_the_run_before(exposed: Real, node: Node) -> None:
    node.add("a")
    nothing = await exposed("logs", "ocr", "--previous")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "note: no container has ended and been started again" in nothing.stderr
    node.lines["a before"] = [f"{DAY}01Z last words"]
    assert await exposed.said("logs", "ocr", "--previous") == "a | last words\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--previous", "-f"), "--previous is about what has ended"),
        (("--for", "5s"), "--for is how long to --follow"),
        (("--tail", "many"), "is not 0 to 100000, or all"),
        (("--tail", "9999999"), "is not 0 to 100000, or all"),
        (("--since", "soon"), "is not a duration"),
    ],
)
async def test_what_makes_no_sense(exposed: Real, options: tuple[str, ...], words: str) -> None:
    result = await exposed("logs", "ocr", *options)
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())
