"""The hours of the day and of the week, and what is believed of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from scaler.decision import Decision, Policy
from scaler.decision.responsive.rhythm import Rhythm, by_day, by_week, proven
from scaler.decision.responsive.state import ResponsiveState
from tests.scaler.decision.build import observe, pods, responsive

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR = 3600
MONDAY = 1_795_996_800  # 30 November 2026, UTC
STEP_S = 60


def office(hour: int) -> int:
    """Pods needed at an hour of Monday to Friday: eight in the day, two at night."""
    return 8 if 8 <= hour % 24 < 18 else 2


def weekly(hour: int) -> int:
    """The same, and nobody at the weekend."""
    return office(hour) if hour // 24 % 7 < 5 else 2


def lived(hours: int, load: Callable[[int], int], rhythm: Rhythm | None = None) -> Rhythm:
    """What is known after so many hours from Monday on."""
    known = rhythm or Rhythm()
    begin = rhythm.hour - MONDAY // HOUR if rhythm else 0
    for second in range(begin * HOUR, (begin + hours) * HOUR + 1, STEP_S):
        known = known.heard(load(second // HOUR), MONDAY + second)
    return known


def test_a_day_is_believed_when_it_has_foretold_a_whole_one() -> None:
    for days, believed in ((1, False), (2, False), (3, True), (4, True)):
        rhythm = lived(24 * days, office)
        assert rhythm.daily is believed, days
        assert not rhythm.weekly


def test_pods_are_there_a_start_and_a_minute_before_their_hour() -> None:
    rhythm = lived(24 * 3 + 7, office)
    eight = MONDAY + (24 * 3 + 8) * HOUR
    for start_s, early in ((0.0, 60), (240.0, 300)):
        assert rhythm.floor(start_s, eight - early - 1) == 2
        assert rhythm.floor(start_s, eight - early) == 8


def test_nothing_is_foretold_by_what_came_once() -> None:
    one_day = lambda hour: office(hour) if hour < 24 else 2  # noqa: E731
    rhythm = lived(24 * 3, one_day)
    assert not rhythm.daily
    assert {by_day(rhythm.needs, at) for at in range(72, 96)} == {20}


def test_a_steady_service_has_no_rhythm() -> None:
    rhythm = lived(24 * 5, lambda _: 5)
    assert not rhythm.daily, "no rise was foretold"
    assert rhythm.floor(0.0, MONDAY + 24 * 5 * HOUR) == 0


def test_waste_ends_it_within_a_day() -> None:
    rhythm = lived(24 * 4, office)
    assert rhythm.daily
    assert not lived(24, lambda _: 2, rhythm).daily


def test_a_week_knows_weekends_and_wins() -> None:
    rhythm = lived(24 * 19, weekly)  # Saturday of the third week begins
    assert rhythm.weekly
    saturday = MONDAY + 24 * 19 * HOUR
    assert rhythm.floor(0.0, saturday) == 2
    rhythm = lived(9, weekly, lived(24 * 19, weekly))
    assert rhythm.floor(0.0, saturday + 9 * HOUR) == 2, "yesterday and the day before had eight"
    assert not lived(24 * 12, weekly).weekly, "a week is held out"


def test_no_more_than_two_weeks_are_kept() -> None:
    assert len(lived(24 * 16, weekly).needs) == 24 * 14


def test_what_was_not_seen_is_not_known() -> None:
    rhythm = lived(24 * 3, office)
    late = MONDAY + (24 * 3 + 5) * HOUR
    after = rhythm.heard(8, late)
    assert after.needs[-5:] == (-1,) * 5
    assert after.hour == late // HOUR
    assert after.heard(8, late + 30 * 24 * HOUR).needs == (), "too long ago to tell anything"
    assert rhythm.heard(8, MONDAY).needs == rhythm.needs, "a clock that was set back"


def test_it_outlasts_the_scaler() -> None:
    rhythm = lived(24 * 3 + 5, office)
    again = Rhythm.from_json(json.loads(json.dumps(rhythm.to_json())))
    assert (again.needs, again.hour, again.daily) == (rhythm.needs, rhythm.hour, True)
    eight = MONDAY + (24 * 3 + 8) * HOUR
    assert lived(2, office, rhythm).floor(0.0, eight - 60) == 8
    state = ResponsiveState(rhythm=rhythm)
    kept = ResponsiveState.from_json(json.loads(json.dumps(state.to_json())))
    assert kept.rhythm.needs == rhythm.needs
    assert len(json.dumps(Rhythm.to_json(lived(24 * 15, weekly)))) < 2000, "of 16 KiB"


def test_an_hour_that_has_ended_is_learnt() -> None:
    before, after = (ResponsiveState(rhythm=lived(hours, office)) for hours in (30, 31))
    assert before.learnt != after.learnt


@pytest.mark.parametrize(
    ("foretold", "came", "believed"),
    [
        ([20, 80, 20], [20, 80, 20], True),
        ([20, 20, 20], [20, 80, 20], False),  # no rise was foretold
        ([20, 95, 20], [20, 80, 20], True),
        ([20, 110, 20], [20, 80, 20], False),  # a quarter of the need too much
        ([20, 80, 20], [80, 80, 80], False),  # it was there before
    ],
)
def test_rises_prove_it_and_waste_does_not(
    foretold: list[int], came: list[int], believed: bool
) -> None:
    needs = (came[0], *came)
    assert proven(needs, lambda _, at: foretold[at - 1], 3) is believed


def test_hours_that_are_not_known_prove_nothing() -> None:
    assert by_week((10,) * 168, 168) == 10
    assert by_week((10,) * 167, 167) is None
    assert not proven((-1, -1, 10, 80), lambda _, at: 80 if at == 3 else 10, 4)


def asked(policy: Policy, replicas: int, cores: float) -> tuple[Decision, ResponsiveState]:
    """A decision five minutes before eight on a Thursday; the days before are known."""
    now = MONDAY + (24 * 3 + 8) * HOUR - 300.0
    rhythm = lived(24 * 3 + 7, office)
    state = ResponsiveState(rhythm=rhythm, decided=now - 2, since=1.0, served=True)
    members = pods([round(1000 * cores / replicas)] * replicas, limit_m=1000, now=now)
    return responsive(observe(members), policy, state, now)


def test_a_service_grows_before_its_hour_where_that_is_wanted() -> None:
    policy = Policy(rhythm=True, warm_up_s=240.0, max_replicas=6)
    decision, state = asked(policy, 3, 1.5)
    assert (decision.replicas, decision.reasons[0]) == (6, "Rhythm")
    assert "TooManyReplicas" in decision.limits, "eight were needed"
    assert state.rhythm.hour == MONDAY // HOUR + 24 * 3 + 7
    assert "Rhythm" not in asked(Policy(warm_up_s=240.0), 3, 1.5)[0].reasons
    held, _ = asked(Policy(rhythm=True, warm_up_s=240.0), 8, 1.5)
    assert (held.replicas, "Rhythm" in held.reasons) == (8, True), "nor does it shrink before it"
