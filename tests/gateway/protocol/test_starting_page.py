"""The page of a service that starts: whole, safe, and in step with what the scaler tells."""

from __future__ import annotations

import re

import pytest

from gateway.protocol.starting_page import STEPS, page
from shared.service.progress import Phase, Progress
from tests.gateway.protocol.test_pages import HOSTILE, Outline


def shown(phase: str, seconds: float = 12.0, **more: object) -> Outline:
    progress = Progress("ocr", Phase(phase), **more)  # type: ignore[arg-type]
    return Outline(page(progress, "ocr", seconds, request_id="r1").decode())


def current(outline: Outline) -> list[dict[str, str | None]]:
    return [one for one in outline.all("li") if "aria-current" in one]


@pytest.mark.parametrize("phase", sorted(Phase))
def test_every_phase_has_a_heading_a_step_and_a_remedy(phase: str) -> None:
    outline = shown(phase)
    assert "ocr" in outline.texts["h1"]
    assert outline.texts["title"] == outline.texts["h1"]
    assert len(outline.all("li")) == len(STEPS)
    assert len(current(outline)) == 1
    assert "What to do" in outline.texts["h2"]
    assert "{" not in "".join(text for tag, text in outline.texts.items() if tag in ("p", "h1"))
    assert "503" in outline.texts["footer"]
    assert "request r1" in outline.texts["footer"]


@pytest.mark.parametrize(
    ("phase", "done", "stuck"),
    [
        ("waking", 0, False),
        ("scheduling", 1, False),
        ("unschedulable", 1, True),
        ("pulling", 2, False),
        ("starting", 3, False),
        ("crashing", 3, True),
        ("ready", 4, False),
    ],
)
def test_the_steps_before_the_phase_are_done(phase: str, done: int, stuck: bool) -> None:
    outline = shown(phase)
    items = outline.all("li")
    assert [one.get("class") == "done" for one in items] == [n < done for n in range(len(STEPS))]
    assert "aria-current" in items[done]
    assert (items[done].get("class") == "bad") is stuck


def test_the_words_of_the_scaler_stand_at_the_step_that_is_under_way() -> None:
    outline = shown("unschedulable", words="no node has 1 GPU free")
    assert outline.texts["small"] == "no node has 1 GPU free"
    assert outline.texts["h1"] == "There is no room for ocr"


def test_the_time_so_far_stands_against_the_usual() -> None:
    outline = shown("starting", 12.4, usual_s=40.2)
    assert outline.all("progress")[0]["max"] == "40.2"
    assert outline.all("progress")[0]["value"] == "12"
    assert outline.texts["span"].startswith("12")
    assert "usually it takes 40 s" in outline.texts["p"]
    late = next(one for one in outline.all("span") if one["id"] == "late")
    assert "hidden" in late


def test_the_usual_time_is_said_as_people_say_it() -> None:
    outline = shown("starting", 12.4, usual_s=1234.0)
    assert "usually it takes 20 m 34 s" in outline.texts["p"]
    assert outline.all("progress")[0]["max"] == "1234.0"


def test_a_start_that_takes_longer_than_usual_is_told() -> None:
    late = next(
        one for one in shown("starting", 58.0, usual_s=40.0).all("span") if one["id"] == "late"
    )
    assert "hidden" not in late


@pytest.mark.parametrize("usual", [None, 0.0])
def test_a_bar_without_a_usual_time_only_moves(usual: float | None) -> None:
    outline = shown("pulling", usual_s=usual)
    assert "value" not in outline.all("progress")[0]
    assert "usually" not in outline.texts["p"]


def test_without_a_word_of_the_scaler_the_page_says_what_the_gateway_sees() -> None:
    outline = Outline(page(None, "ocr", 3.0, detail="there is no pod yet").decode())
    assert outline.texts["h1"] == "ocr is starting"
    assert "Service 'ocr' is starting: there is no pod yet." in outline.texts["p"]
    assert outline.all("li") == []
    assert len(outline.all("progress")) == 1


def test_the_page_looks_for_the_phase_that_it_does_not_show() -> None:
    (body,) = shown("pulling").all("body")
    assert body == {"data-reason": "starting", "data-phase": "pulling", "data-pause": "2"}
    still = Outline(page(Progress("ocr", Phase.PULLING), "ocr", 3.0, looks=False).decode())
    assert still.all("body") == [{}]
    assert still.all("script") == still.all("noscript") == []


@pytest.mark.parametrize(
    ("phase", "seconds", "usual", "pause"),
    [
        ("pulling", 3.0, None, "2"),
        ("pulling", 3.0, 40.0, "2"),
        ("pulling", 39.0, 40.0, "1"),
        ("starting", 0.0, 0.25, "0.5"),
        ("starting", 1.0, 0.25, "2"),  # it takes longer than usual, and nobody knows how long
        ("ready", 80.0, 40.0, "0.5"),
    ],
)
def test_the_page_looks_when_it_is_time(
    phase: str, seconds: float, usual: float | None, pause: str
) -> None:
    assert shown(phase, seconds, usual_s=usual).all("body")[0]["data-pause"] == pause


def test_nothing_of_others_is_taken_for_html() -> None:
    progress = Progress("ocr", Phase.CRASHING, HOSTILE)
    outline = Outline(page(progress, HOSTILE, 1.0, request_id=HOSTILE).decode())
    assert len(outline.all("script")) == 1
    assert outline.texts["small"] == HOSTILE
    assert outline.texts["h1"] == f"{HOSTILE} does not come up"


def test_there_is_no_style_but_the_one_that_the_policy_knows() -> None:
    assert not re.search(r'\sstyle="', page(Progress("ocr", Phase.PULLING), "ocr", 1.0).decode())
