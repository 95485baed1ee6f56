"""The console of a real gateway: real services under load, and the same words and numbers as
elsewhere."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from tests.operations.console_page import (
    HEIGHTS,
    LIVE,
    browser,
    findings,
    keep,
    overflow,
    page,
    screen,
    texts,
)
from tests.operations.stack import system, under_load
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.apps.browser import Page
    from tests.e2e.conftest import Run

__all__ = ["browser", "page"]

STATES = {"closed": "ready", "wrongport": "starting", "sleepy": "asleep", "halted": "stopped",
          "flaky": "failing"}  # fmt: skip
ROW = """[...document.querySelectorAll('tbody tr')].find(row =>
    row.querySelector('.who').innerText === {!r})"""
SUM = """[...document.querySelectorAll('.errors td:last-child')].reduce((sum, one) =>
    sum + Number(one.innerText.replaceAll(',', '')), 0)"""
TOLD = ".size li span"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with system(tmp_path_factory.mktemp("console")) as run:
        yield run


def url(run: Run, view: str = "") -> str:
    return f"http://127.0.0.1:{run.ports['GATEWAY_ADMIN']}/{view}"


async def opened(page: Page, run: Run, view: str = "") -> None:
    await page.go(url(run, view))
    await page.until(f"{LIVE} && document.querySelector('tbody tr')")


def failures(run: Run, service: str) -> int:
    """Requests of a service that failed for their client, by the metrics."""
    with urlopen(url(run, "snapshot")) as answer:
        numbers = json.load(answer)["services"][service]["failures"]
    return sum(numbers.values())


def points(run: Run, service: str) -> int:
    """Requests of a service in all points of its course, which last less than 15 minutes here."""
    with urlopen(url(run, "console/state")) as answer:
        told = json.load(answer)
    return sum(told["history"]["series"][service]["requests"])


def answers(run: Run, service: str) -> int:
    """Requests of a service, by the metrics."""
    with urlopen(url(run, "metrics")) as answer:
        text = answer.read().decode()
    found = re.findall(rf'^gateway_requests_total{{.*service="{service}".*}} (\S+)$', text, re.M)
    return sum(int(float(one)) for one in found)


async def test_services_in_every_state_under_load(page: Page, run: Run) -> None:
    with under_load(run):
        await opened(page, run)
        for name, state in STATES.items():
            await page.until(f"{ROW.format(name)}?.dataset.state === {state!r}")
        await page.until(f"{ROW.format('flaky')}.innerText.includes('failed')")
        await page.until("document.querySelectorAll('.spark:not([data-quiet])').length > 4")


@pytest.mark.parametrize("view", ["", "#service/busy"])
async def test_they_suit_every_screen_and_reader(
    page: Page, run: Run, tmp_path: Path, view: str
) -> None:
    with under_load(run):
        await opened(page, run, view)
        for width in HEIGHTS:
            for scheme in ("light", "dark"):
                await screen(page, width, scheme)
                assert await overflow(page) == 0
                await keep(page, tmp_path / f"{width}-{scheme}.png")
            assert await findings(page) == []
    source = await page.run("document.documentElement.outerHTML")
    for name in ("busy", "closed"):
        assert run.exposed("get", name, "--token").strip() not in source


async def test_decisions_are_told_as_explain_and_events_tell_them(page: Page, run: Run) -> None:
    with under_load(run):
        await opened(page, run, "#service/wrongport")
        sentence = run.explained("wrongport").splitlines()[0].removeprefix("wrongport: ")
        assert "Loading" in sentence
        await page.until(f"[...document.querySelectorAll({TOLD!r})].some(one =>"
                         f" one.innerText === {sentence!r})")  # fmt: skip
        await opened(page, run, "#service/sleepy")
        await page.until("document.querySelector('.mark')")
        await page.run("document.querySelector('.mark').focus()")
        tip = (await texts(page, "#tip"))[0].partition(" · ")[2]
        events = json.loads(run.kubectl("get", "events", "-n", "oscar-svc", "-o", "json"))
        assert tip in {event["message"] for event in events["items"]}


async def test_the_numbers_are_those_of_the_metrics(page: Page, run: Run) -> None:
    """When the load is over, for numbers of two moments differ."""
    await opened(page, run, "#service/flaky")
    failed = str(failures(run, "flaky"))
    await page.until(f"{SUM} === {failed}")
    await until(lambda: points(run, "flaky") == answers(run, "flaky"), "the last point", period=0.5)


async def test_the_console_comes_back_with_the_gateway(page: Page, run: Run) -> None:
    await opened(page, run)
    process = run.child("gateway")
    assert process is not None
    process.kill()
    await page.until("document.querySelector('main').dataset.old === 'true'")
    assert (await texts(page, "#live"))[0].startswith("not live since ")
    await until(lambda: run.child("gateway") not in (None, process), "a new gateway", period=0.1)
    await page.until(LIVE)
    assert await page.run("document.querySelectorAll('tbody tr').length") >= 6
