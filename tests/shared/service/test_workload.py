"""Which Deployment runs a service."""

from __future__ import annotations

from dataclasses import replace

from shared.service.objects import Obj
from shared.service.workload import Workload, workload
from tests.shared.service.manager import Made

THEIRS = Made().deployment()
OURS = {"metadata": {"name": "ocr-dlp"}, "spec": {}}


def found(*deployments: Obj) -> Workload:
    return workload("ocr", {one["metadata"]["name"]: one for one in deployments}.get)


def test_ours_and_else_the_managers() -> None:
    assert found() == Workload(None)
    assert found(OURS) == Workload(OURS)
    assert found(THEIRS) == Workload(THEIRS, managers=True)
    assert found(THEIRS, OURS) == Workload(OURS, spare="ocr-dpl")


def test_a_name_alone_makes_it_no_services() -> None:
    other = {**THEIRS, "spec": {**THEIRS["spec"], "selector": {"matchLabels": {"app": "ocr"}}}}
    assert found(other) == Workload(None)
    assert found(other, OURS) == Workload(OURS)
    assert found({**THEIRS, "spec": {}}) == Workload(None)


def test_the_manager_says_on_its_deployment_that_it_is_stopped() -> None:
    stopped = Made(stopped=3).deployment()
    assert found(stopped).stopped
    assert not found(THEIRS).stopped
    assert not found().stopped
    again = {**stopped, "spec": {**stopped["spec"], "replicas": 2}}
    assert not found(again).stopped, "an undone rollout brings the mark back"
    ours = replace(found(stopped), managers=False)
    assert not ours.stopped, "of ours the definition says it"
