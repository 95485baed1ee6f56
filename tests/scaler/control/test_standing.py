from __future__ import annotations

from dataclasses import replace

from scaler.cluster.catalog import Cataloguer
from scaler.config.scaling import Scaling
from scaler.control.standing import Standing, leftover, obstacle
from tests.scaler.objects import service

TARGET = Cataloguer().catalog(service("a", 1)).targets["a"]


def test_nothing_stands_in_the_way_of_an_ordinary_service() -> None:
    assert obstacle(TARGET, Scaling()) is None
    assert obstacle(TARGET, Scaling(dry_run=True)) is None


def test_a_rival_counts_before_a_stop_and_a_stop_before_a_pause() -> None:
    paused = Scaling(pause=True)
    stopped = replace(TARGET, stopped=True)
    rival = replace(stopped, rival="a-hpa")
    found = [obstacle(each, paused) for each in (TARGET, stopped, rival)]
    assert [reason[0] for reason in found if reason] == [
        Standing.PAUSED,
        Standing.STOPPED,
        Standing.RIVAL,
    ]
    assert found[2] is not None
    assert "a-hpa" in found[2][1]


def test_the_remedy_for_a_rival_is_told() -> None:
    ours = obstacle(replace(TARGET, rival="x"), Scaling())
    theirs = obstacle(replace(TARGET, rival="a-hpa", managers=True), Scaling())
    assert ours is not None
    assert theirs is not None
    assert ours[1].endswith(": kubectl delete hpa -n oscar-svc x")
    assert theirs[1].endswith(": exposed adopt a --remove-hpa")


def test_a_managers_deployment_beside_ours_is_told() -> None:
    assert not leftover(TARGET)
    note = leftover(replace(TARGET, spare="a-dpl"))
    assert note.startswith("Deployment a-dpl")
    assert note.endswith("kubectl delete deployment -n oscar-svc a-dpl")
