"""The overview in a browser: sorted and filtered by keyboard, and still while it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.operations.console_fake import Fake
from tests.operations.console_page import NAMES, browser, focused, page, shown, texts
from tests.operations.console_rows import AT, idle, row, series, state

if TYPE_CHECKING:
    from tests.apps.browser import Page

__all__ = ["browser", "page"]

HOSTILE = "<img src=x onerror=document.title='taken'>"
FOUR = {
    "alpha": row(cpu_pct=10), "beta": row(cpu_pct=90),
    "gamma": row("failing", why="no pod answers", cpu_pct=50), "delta": idle(),
}  # fmt: skip


async def names(page: Page) -> list[str]:
    found: list[str] = await page.run(NAMES)
    return found


async def cells(page: Page, name: str) -> list[str]:
    """What the row of a service says, cell by cell."""
    rows = "[...document.querySelectorAll('tbody tr')]"
    return list(
        await page.run(
            f"[...{rows}.find(one => one.querySelector('.who').innerText === {name!r}).cells]"
            ".map(one => one.innerText.replace(/\\s+/g, ' ').trim())"
        )
    )


async def test_a_row_says_all_of_a_service(page: Page) -> None:
    told = row(
        errors_1m=2, waiting=1, tunnels=5, p50_s=0.0123, p99_s=2.5,
        replicas={"now": 2, "ready": 1, "wanted": 3, "min": 1, "max": 4},
    )  # fmt: skip
    async with shown(page, Fake(state({"ocr": told}, {"ocr": series()}))):
        said = await cells(page, "ocr")
        assert said[:7] == [
            "ocr", "ready", "186/min 2 failed", "2.5 s median 12 ms", "3 1 waiting, 5 open",
            "61 % of 50 %", "1 of 2 ready → 3 1–4",
        ]  # fmt: skip
        assert said[7].startswith("hold 2: CPU 48% of its base")
        drawn = "document.querySelector('.spark .line').getAttribute('d').split('L').length"
        assert await page.run(drawn) == 90
        ready, table, scaler, connections = await texts(page, ".facts li")
        assert (ready, connections) == ("gateway ready", "120 connections")
        assert table.startswith("routes confirmed ")
        assert scaler == "scaler scaler-5f7d connected, CPU by metrics.k8s.io"


async def test_what_is_not_known_is_no_zero(page: Page) -> None:
    unknown = {"now": None, "ready": 1, "wanted": None, "min": None, "max": None}
    told = row(cpu_pct=None, cpu_target_pct=None, p50_s=None, p99_s=None, decision=None,
               replicas=unknown)  # fmt: skip
    async with shown(page, Fake(state({"ocr": told}))):
        assert (await cells(page, "ocr"))[3:] == ["–", "3", "–", "1", ""]


async def test_what_is_no_service_stands_apart(page: Page) -> None:
    async with shown(page, Fake(state(FOUR))):
        assert "_unknown" not in " ".join(await names(page))
        assert await texts(page, ".system .who") == ["services API", "requests to no service"]


async def test_it_is_sorted_by_keyboard(page: Page) -> None:
    async with shown(page, Fake(state(FOUR))):
        assert await names(page) == ["gamma", "alpha", "beta", "delta"]
        await page.run("document.querySelector('[data-sort=cpu]').focus()")
        await page.press("Enter")
        assert await names(page) == ["beta", "gamma", "alpha", "delta"]
        assert await texts(page, "[aria-sort=descending]") == ["CPU"]
        assert await focused(page) == "CPU"
        await page.press("Enter")
        assert await names(page) == ["delta", "alpha", "gamma", "beta"]
        assert await texts(page, "[aria-sort=ascending]") == ["CPU"]
        await page.until(
            "document.querySelector('#told').innerText"
            " === '4 of 4 services, sorted by CPU, smallest first'"
        )
        assert await page.run("location.hash") == "#sort=cpu"


async def test_it_is_filtered_by_keyboard(page: Page) -> None:
    async with shown(page, Fake(state(FOUR))):
        await page.press("/")
        for letter in "TA":
            await page.press(letter)
        assert await names(page) == ["beta", "delta"]
        await page.run("document.querySelector('#words').select()")
        for letter in "no pod":
            await page.press(letter)
        assert await names(page) == ["gamma"]
        await page.run("document.querySelector('#words').select()")
        await page.press("x")
        assert await texts(page, ".none:not([hidden])") == ["No service is like that."]


async def test_a_state_is_chosen_by_keyboard_and_kept_in_the_address(page: Page) -> None:
    async with shown(page, Fake(state(FOUR))) as fake:
        assert await texts(page, ".chip") == [
            "4\nservices", "1\nfailing", "0\nstarting", "2\nready", "1\nasleep", "0\nstopped",
        ]  # fmt: skip
        await page.run("document.querySelector('[data-chip=asleep]').focus()")
        await page.press("Enter")
        assert await names(page) == ["delta"]
        assert await texts(page, "[aria-pressed=true]") == ["1\nasleep"]
        await page.go("about:blank")
        await page.go(f"{fake.url}#state=asleep&sort=-name")
        await page.until("document.querySelector('tbody tr')")
        assert await names(page) == ["delta"]


async def test_rows_stay_where_they_are_while_they_are_read(page: Page) -> None:
    async with shown(page, Fake(state(FOUR))) as fake:
        await page.run("document.querySelector('.who a').focus()")
        assert await page.run("document.querySelector('#again').disabled")
        calm = {"gamma": row(), "beta": row("failing", why="no pod answers"), "aaa": row()}
        await fake.tell("change", {"at": AT + 1, "services": calm, "removed": ["delta"]})
        await page.until("document.querySelectorAll('.table:not(.system *) tbody tr').length === 5")
        assert await names(page) == ["gamma", "alpha", "beta", "delta", "aaa"]
        assert (await cells(page, "delta"))[1] == "deleted"
        assert (await cells(page, "beta"))[1] == "failing no pod answers"
        assert await focused(page) == "gamma"
        await page.until("document.querySelector('#told').innerText === 'beta is failing'")
        await page.click("#again:not([disabled])")
        assert await names(page) == ["beta", "aaa", "alpha", "gamma"]


async def test_a_point_moves_the_courses_on(page: Page) -> None:
    async with shown(page, Fake(state({"ocr": row()}, {"ocr": series(3)}))) as fake:
        line = "document.querySelector('.spark .line').getAttribute('d').split('L').length"
        assert await page.run(line) == 3
        point = {"requests": 7, "errors": 0, "p50_s": 0.1, "p99_s": 0.2}
        await fake.tell("point", {"ends": AT + 10, "series": {"ocr": point}})
        await page.until(f"{line} === 4")
        # Between the top, which 34 requests have, and the ground.
        path = "document.querySelector('.spark .line').getAttribute('d')"
        assert (await page.run(path)).endswith("L120 18.5")


async def test_hostile_names_and_words_are_text(page: Page) -> None:
    told = row("failing", why=HOSTILE, note=HOSTILE,
               decision={"at": AT, "action": "None", "words": HOSTILE})  # fmt: skip
    async with shown(page, Fake(state({HOSTILE: told}))):
        assert await names(page) == [HOSTILE]
        said = await cells(page, HOSTILE)
        assert HOSTILE in said[1]
        assert HOSTILE in said[7]
        assert await page.run("document.querySelectorAll('img').length") == 0
        assert await page.run("document.title") == "Services · Console"
        await page.click(".who a")
        await page.until(f"document.querySelector('h1').innerText === {HOSTILE!r}")


async def test_a_thousand_services_are_shown_by_the_hundred(page: Page) -> None:
    many = {f"service-{i}": row(requests_1m=i) for i in range(1000)}
    history = {name: series() for name in many}
    async with shown(page, Fake(state(many, history))) as fake:
        assert (await names(page))[::99] == ["service-0", "service-99"]
        await page.run("document.querySelector('[data-sort=requests]').click()")
        assert (await names(page))[0] == "service-999"
        assert await page.run("document.querySelectorAll('*').length") < 4000
        await page.run("[...document.querySelectorAll('.pager button')][1].click()")
        assert (await names(page))[0] == "service-899"
        assert await texts(page, ".pager span") == ["101–200 of 1,000"]
        changed = {name: row(requests_1m=1) for name in many}
        await fake.tell("change", {"at": AT + 1, "services": changed})
        await page.until("document.querySelector('tbody .course').innerText.startsWith('1/min')")
        assert (await names(page))[0] == "service-899"
        await page.press("/")
        for letter in "e-777":
            await page.press(letter)
        assert await names(page) == ["service-777"]
