"""Needs that one more reason raises."""

from __future__ import annotations

from scaler.decision.responsive.need import Need, raised


def test_a_reason_only_ever_raises_a_need() -> None:
    need = Need(4, ("Arrivals",), 4)
    assert raised(need, 4, "Rhythm", 3) is need
    grown = raised(need, 6, "Rhythm", 5)
    assert (grown.replicas, grown.reasons, grown.lasting) == (6, ("Rhythm",), 6)


def test_a_size_that_is_kept_or_left_for_a_reason_names_it() -> None:
    assert raised(Need(4), 6, "Bursts", 6).reasons == ("Bursts",)
    assert raised(Need(4), 6, "Bursts", 8).reasons == ("BelowTarget", "Bursts")
