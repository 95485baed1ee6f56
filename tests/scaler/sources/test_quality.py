from __future__ import annotations

from dataclasses import replace

import pytest

from scaler.decision.types import Sample
from scaler.sources.quality import Expected, Fault, Limits, judge

NOW = 1000.0
POD = Expected("p", frozenset({"main"}), node="n")


def usage(time: float = NOW, **containers: int | None) -> Sample:
    return Sample(time, 15.0, containers)


@pytest.mark.parametrize(
    ("sample", "fault"),
    [
        (usage(main=100), None),
        (usage(main=0), None),
        (usage(main=8000), None),
        (usage(main=8001), Fault.EXCESSIVE),
        (usage(main=-1), Fault.NEGATIVE),
        (usage(), Fault.PARTIAL),
        (usage(main=None), Fault.PARTIAL),
        (usage(other=5), Fault.PARTIAL),
        (usage(NOW - 90, main=1), None),
        (usage(NOW - 90.1, main=1), Fault.STALE),
        (usage(NOW + 10, main=1), None),
        (usage(NOW + 10.1, main=1), Fault.FUTURE),
        (None, Fault.MISSING),
    ],
)
def test_each_fault_has_its_own_kind(sample: Sample | None, fault: Fault | None) -> None:
    judged = judge((POD,), {"p": sample} if sample else {}, {"n": 4000}, NOW, Limits())
    assert judged.faults == ({"p": fault} if fault else {})
    assert ("p" in judged.usage) == (fault in (None, Fault.PARTIAL))
    assert ("p" in judged.details) == (fault not in (None, Fault.MISSING))


def test_samples_of_pods_that_are_not_expected_are_nobodys_business() -> None:
    judged = judge(
        (POD,), {"p": usage(main=1), "stranger": usage(main=-5)}, {"n": 4000}, NOW, Limits()
    )
    assert set(judged.usage) == {"p"}
    assert not judged.faults


def test_faults_are_told_by_pod() -> None:
    pods = tuple(Expected(name, frozenset({"main"})) for name in "abc")
    judged = judge(pods, {"a": usage(main=-1), "b": usage(main=-1)}, {"n": 4000}, NOW, Limits())
    assert judged.faults == {"a": Fault.NEGATIVE, "b": Fault.NEGATIVE, "c": Fault.MISSING}


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        (usage(NOW - 240, main=1), "240 s old, max_sample_age 90 s"),
        (
            usage(NOW + 35, main=1),
            "taken 35 s from now, 10 s are believed: set the clock of node n",
        ),
        (usage(main=8001), "8001m of CPU, 8000m are believed of its node"),
        (usage(main=-1), "-1m of CPU"),
        (usage(other=5), "no CPU of container main"),
    ],
)
def test_a_fault_is_told_with_its_numbers(sample: Sample, words: str) -> None:
    judged = judge((POD,), {"p": sample}, {"n": 4000}, NOW, Limits())
    assert judged.details["p"].startswith(words)


def test_what_stood_stands_until_there_is_something_new() -> None:
    samples, limits = {"p": usage(main=100)}, Limits()
    known = judge((POD,), samples, {"n": 4000}, NOW, limits)
    assert known.holds((POD,), samples, NOW + 90, limits)
    assert known.holds((Expected("p", frozenset({"main"}), node="n"),), dict(samples), NOW, limits)
    assert not known.holds((POD,), samples, NOW + 90.1, limits), "it is stale"
    assert not known.holds((POD,), {"p": usage(NOW + 15, main=100)}, NOW + 15, limits)
    assert not known.holds((POD,), {}, NOW, limits)
    assert not known.holds((POD, replace(POD, name="q")), samples, NOW, limits)
    assert not known.holds((POD,), samples, NOW, Limits(max_age=60.0))
    faulty = judge((POD,), {"p": usage(main=-1)}, {"n": 4000}, NOW, limits)
    assert not faulty.holds((POD,), {"p": usage(main=-1)}, NOW, limits), "faults are told each time"
