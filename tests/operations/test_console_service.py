"""The page of a service in a browser: its time line, its lists, the line that calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.operations import console_story
from tests.operations.console_fake import Fake
from tests.operations.console_page import LIVE, browser, focused, overflow, page, shown, texts
from tests.operations.console_rows import AT, idle, pod, request, service, state

if TYPE_CHECKING:
    from tests.apps.browser import Page

__all__ = ["browser", "page"]

FIXTURE = Path(__file__).parents[1] / "gateway/admin/console/fixture.json"
VIEW = "#service/ocr"
TIP = "document.querySelector('#tip').hidden ? '' : document.querySelector('#tip').innerText"
TITLES = "Size", "CPU", "Requests in 10 s", "First byte", "In flight"
HOSTILE = "/<script>alert(1)</script>\\x1b"


def told() -> Fake:
    return Fake(console_story.overview(), ocr=console_story.ocr())


async def rows(page: Page, part: str) -> list[str]:
    """What the rows of a part's table say."""
    return [" | ".join(row.split("\n")) for row in await texts(page, f".{part} tbody tr")]


async def test_every_part_says_what_was_told(page: Page) -> None:
    async with shown(page, told(), VIEW):
        await page.until("document.querySelector('.pods tbody tr')")
        assert await texts(page, ".tiles dt") == [
            "Requests", "Latency", "In flight", "CPU", "Replicas",
        ]  # fmt: skip
        assert (await texts(page, ".tiles dd"))[-1] == "2 → 3\n1–4"
        assert await texts(page, ".plot h3") == list(TITLES)
        assert (await texts(page, ".size li"))[0].endswith(console_story.WORDS)
        pods = await rows(page, "pods")
        assert len(pods) == 4
        assert "ejected | left out after 5 failures in a row; back in" in pods[2]
        assert (await rows(page, "failed"))[0].startswith("12:40:00")
        assert "1 more try · id 3f210" in (await rows(page, "failed"))[0]
        assert "upstream closed" in (await rows(page, "errors"))[0]
        assert len(await rows(page, "events")) == 3
        assert "services.ocr" in (await rows(page, "settings"))[1]
        assert await texts(page, ".call code") == [
            "curl -u ocr:<token> http://127.0.0.1:8080/system/services/ocr/exposed/"
        ]


async def test_a_decision_tells_its_sentence_to_pointer_and_keyboard(page: Page) -> None:
    async with shown(page, told(), VIEW):
        await page.until("document.querySelectorAll('.mark').length === 2")
        await page.run("document.querySelector('.mark[tabindex=\"0\"]').focus()")
        assert await page.run(TIP) == "12:36:40 · " + console_story.ocr()["events"][1]["words"]
        await page.press("ArrowLeft")
        first = "12:33:20 · " + console_story.ocr()["events"][2]["words"]
        assert await page.run(TIP) == first
        described = "document.activeElement.getAttribute('aria-describedby')"
        assert await page.run(described) == "tip"
        await page.press("Escape")
        assert await page.run(TIP) == ""
        await page.run("document.activeElement.blur()")
        place = await page.run(
            "(({x, y, width, height}) => [x + width / 2, y + height / 2])"
            "(document.querySelector('.mark').getBoundingClientRect())"
        )
        await page.call("Input.dispatchMouseEvent", type="mouseMoved", x=place[0], y=place[1])
        await page.until(f"({TIP}) === {first!r}")


async def test_an_update_leaves_what_is_read(page: Page) -> None:
    async with shown(page, told(), VIEW) as fake:
        await page.until("document.querySelectorAll('.mark').length === 2")
        await page.run("document.querySelector('.mark').focus()")
        before = await page.run(TIP)
        newer = console_story.ocr() | {"pods": [pod("ocr-new")]}
        await fake.tell("service", newer)
        await page.until("document.querySelectorAll('.pods tbody tr').length === 1")
        assert before
        assert await page.run(TIP) == before


async def test_the_numbers_of_any_moment(page: Page) -> None:
    async with shown(page, told(), VIEW):
        await page.until("document.querySelector('.moment').innerText === 'the last 10 s'")
        await page.run("document.querySelector('.axis input').focus()")
        await page.press("Home")
        assert await texts(page, ".moment") == ["12:25:10 UTC"]
        spoken = await page.run("document.activeElement.getAttribute('aria-valuetext')")
        assert spoken.startswith("12:25:10: replicas 2, target 2, demand 0.31; of requested 35 %")
        assert (await texts(page, ".keys"))[0].split() == [
            "replicas", "2", "target", "2", "demand", "0.31",
        ]  # fmt: skip


async def test_the_line_is_copied(page: Page) -> None:
    async with shown(page, told(), VIEW) as fake:
        await page.call(
            "Browser.setPermission", permission={"name": "clipboard-write"}, setting="granted",
            origin=fake.url.rstrip("/"),
        )  # fmt: skip
        await page.until("document.querySelector('.call code').innerText")
        await page.run("document.querySelector('.call button').focus()")
        await page.press("Enter")
        await page.until("document.querySelector('.call button').innerText === 'Copied'")
        assert "<token>" in await page.run("getSelection().toString()")


async def test_a_sleeping_service_has_little_to_say(page: Page) -> None:
    nothing = service(
        "night", row=idle(), pods=[], errors=[], failed=[], slow=[], events=[], settings=[],
        timeline={"ends": AT, "period_s": 10}, cpu_target_pct=None, awake="",
    )  # fmt: skip
    async with shown(page, Fake(state({"night": idle()}), night=nothing), "#service/night"):
        await page.until("document.querySelectorAll('.none:not([hidden])').length === 6")
        assert await texts(page, ".size li") == ["Decided no decision is known"]
        assert (await texts(page, ".keys"))[0].split() == [
            "replicas", "–", "target", "–", "demand", "–",
        ]  # fmt: skip


async def test_what_a_gateway_tells_of_each_service_is_shown(page: Page) -> None:
    """By the fixture that the tests of the gateway hold to what it tells."""
    told = json.loads(FIXTURE.read_text())
    async with shown(page, Fake(told["state"], **told["services"])):
        for name, one in told["services"].items():
            await page.run(f"location.hash = '#service/{name}'")
            pods = len(one["pods"])
            await page.until(f"document.querySelectorAll('.pods tbody tr').length === {pods}"
                             " && document.querySelector('.rest:not([hidden])')")  # fmt: skip
            assert await texts(page, ".title .state") == [one["row"]["state"]]
        assert await overflow(page) == 0


async def test_a_service_that_goes(page: Page) -> None:
    async with shown(page, told(), VIEW) as fake:
        await page.until("document.querySelector('.pods tbody tr')")
        await fake.tell("gone", {"name": "ocr"})
        await page.until("document.querySelector('.notice:not([hidden])')")
        assert await texts(page, ".notice") == ["There is no service ocr (any more)."]
        await fake.tell("service", console_story.ocr())
        await page.until("document.querySelector('.notice').hidden")


async def test_there_and_back_by_keyboard(page: Page) -> None:
    async with shown(page, told(), "#sort=-cpu"):
        await page.until("document.querySelector('.who a')")
        await page.run("document.querySelector('.who a').focus()")
        name = await focused(page)
        await page.press("Enter")
        await page.until(f"document.querySelector('h1').innerText === {name!r}")
        assert await page.run("document.title") == f"{name} · Console"
        assert await page.run("document.activeElement.id") == "main"
        await page.press("Tab")
        assert await focused(page) == "All services"
        await page.press("Enter")
        await page.until("document.querySelector('.overview tbody tr')")
        await page.until(LIVE)
        assert await page.run("location.hash") == "#sort=-cpu"


async def test_hostile_paths_and_reasons_are_text(page: Page) -> None:
    bad = service(
        failed=[request(HOSTILE, reason=HOSTILE, pod=HOSTILE)], pods=[pod(HOSTILE, why=HOSTILE)],
        curl=HOSTILE, settings=[{"name": HOSTILE, "value": HOSTILE, "layer": HOSTILE}],
    )  # fmt: skip
    async with shown(page, Fake(console_story.overview(), ocr=bad), VIEW):
        await page.until("document.querySelector('.pods tbody tr')")
        assert HOSTILE in (await rows(page, "failed"))[0]
        assert HOSTILE in (await rows(page, "pods"))[0]
        assert await page.run("document.querySelectorAll('script').length") == 1
