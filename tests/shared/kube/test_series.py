from __future__ import annotations

from shared.kube import series
from shared.kube.series import Correlator


def counts(correlator: Correlator, times: list[float], about: str = "pod") -> list[int | None]:
    seen: list[int | None] = []
    for now in times:
        series = correlator.observe(about, "failed", f"e{now}", now)
        seen.append(series.count if series else None)
    return seen


def test_a_repetition_updates_and_further_ones_only_now_and_then() -> None:
    assert counts(Correlator(), [0, 1, 2, 3, 30.9, 31, 40]) == [1, 2, None, None, None, 6, None]


def test_the_name_of_a_series_is_that_of_its_first_event() -> None:
    correlator = Correlator()
    correlator.observe("pod", "failed", "first", 0)
    again = correlator.observe("pod", "failed", "second", 1)
    assert again is not None
    assert again.name == "first"


def test_after_a_quiet_time_a_new_series_begins() -> None:
    assert counts(Correlator(), [0, 360, 720.5]) == [1, 2, 1]


def test_a_flood_about_one_object_is_cut_off_and_others_are_not() -> None:
    correlator = Correlator()
    flood = [correlator.observe("pod", i, str(i), 0.0) for i in range(50)]
    assert sum(one is not None for one in flood) == 20
    assert correlator.observe("other", 0, "x", 0.0) is not None
    assert correlator.observe("pod", "later", "x", 9.0) is None
    assert correlator.observe("pod", "later", "x", 10.0) is not None


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    correlator = Correlator()
    for i in range(series.KEPT + 1):
        correlator.observe(i, "failed", str(i), 0.0)
    newest = correlator.observe(series.KEPT, "failed", "x", 1.0)
    oldest = correlator.observe(0, "failed", "x", 1.0)
    assert newest is not None
    assert newest.count == 2
    assert oldest is not None
    assert oldest.count == 1
