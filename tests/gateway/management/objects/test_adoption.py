"""What is done to take a service over, in which order, and what runs then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.management.objects.adoption import (
    ADOPTED,
    ADOPTING,
    Found,
    Options,
    asked,
    keeps,
    left,
    mark,
    obstacles,
    orphaned,
    plan,
    running,
    successor,
)
from gateway.management.objects.pieces import pieces
from shared.service.objects import Obj
from shared.service.stored import read
from shared.service.workload import Workload
from tests.shared.service.manager import Made

NOTHING = Options()
BOTH = Options(remove_hpa=True, remove_ingress=True)
OURS = {"metadata": {"name": "ocr-dlp"}, "spec": {}}


def found(made: Made, **more: Any) -> Found:
    service = read(made.configmap()).definition
    there = [one for one in pieces(service) if one.name in ("ocr-hpa", "ocr-ing")]
    work = Workload(made.deployment(), managers=True) if made.exposed else Workload(None)
    return replace(Found(service, made.configmap(), work, (), there), **more)


def marked(text: str, made: Made) -> Obj:
    """The ConfigMap after it was made ours, while an adoption is under way."""
    configmap = made.configmap()
    configmap["metadata"]["annotations"] = {ADOPTING: text}
    configmap["data"]["token_sha256"] = "0" * 64
    return configmap


def actions(found: Found, options: Options = NOTHING) -> list[str]:
    return [step.action for step in plan(found, options)]


def test_the_whole_way() -> None:
    whole = ["begin", "define", "expose", "release", "run", "own", "end"]
    assert actions(found(Made())) == whole
    assert actions(found(Made()), BOTH) == [*whole[:5], "remove", "end"]
    assert actions(found(Made(exposed=False))) == ["begin", "define", "own", "end"]


@pytest.mark.parametrize(
    ("work", "rest"),
    [
        (Workload(Made().deployment(), managers=True), ["expose", "release", "run"]),
        (Workload(None), ["expose", "run"]),
        (Workload(OURS), ["expose", "run"]),
    ],
)
def test_the_rest_of_the_way(work: Workload, rest: list[str]) -> None:
    cut = found(Made(), configmap=marked("", Made()), work=work, pieces=())
    assert actions(cut) == ["begin", *rest, "end"]


def test_what_is_ours_needs_nothing_but_what_is_asked_for() -> None:
    ours = marked("", Made())
    del ours["metadata"]["annotations"]
    whole = found(Made(), configmap=ours, work=Workload(OURS))
    assert actions(whole) == []
    assert actions(whole, Options(remove_hpa=True)) == ["remove"]


def test_the_mark_says_what_was_asked_for() -> None:
    for options in (Options(), Options(True), Options(remove_ingress=True), BOTH):
        assert asked(str(options)) == options
    assert Options(True) | Options(remove_ingress=True) == BOTH
    assert mark(marked("hpa", Made())) == "hpa"
    assert mark(marked("", Made())) == "", "nothing to remove is a mark too"
    assert mark(Made().configmap()) is None
    assert mark(None) is None


def test_what_stays_is_told_with_its_remedy() -> None:
    assert [line.split(": ")[0] for line in left(found(Made()), Options())] == [
        "HorizontalPodAutoscaler ocr-hpa",
        "Ingress ocr-ing",
    ]
    assert left(found(Made()), BOTH) == []


def test_pods_that_could_not_be_kept_are_a_reason_not_to() -> None:
    assert obstacles(found(Made())) == []
    assert obstacles(found(Made(), work=Workload(None))) == []
    other = Made().deployment()
    other["spec"]["selector"]["matchLabels"]["more"] = "x"
    env = other["spec"]["template"]["spec"]["containers"][0]["env"]
    env.append(env[0])
    told = obstacles(found(Made(), work=Workload(other, managers=True)))
    assert [line.split(" ")[-1] for line in told] == ["alone", "first"]


def replicaset(size: int, revision: int, image: str, **more: Any) -> Obj:
    annotations = {
        "deployment.kubernetes.io/revision": str(revision),
        "deployment.kubernetes.io/desired-replicas": "3",
        "oscar.grycap.io/previous-replicas": "5",
    }
    labels = {"app": "oscar-svc-exp-ocr", "pod-template-hash": image}
    template = {"metadata": {"labels": labels, "creationTimestamp": None}, "spec": {"image": image}}
    metadata = {"name": image, "annotations": annotations, **more}
    return {"metadata": metadata, "spec": {"replicas": size, "template": template}}


def test_what_ran_is_read_from_the_orphans() -> None:
    owned = replicaset(9, 9, "other", ownerReferences=[{"uid": "x", "controller": True}])
    runs = orphaned([replicaset(1, 1, "old"), replicaset(3, 10, "new"), owned])
    assert runs is not None
    assert runs.template == {
        "metadata": {"labels": {"app": "oscar-svc-exp-ocr"}},
        "spec": {"image": "new"},
    }
    assert (runs.replicas, runs.previous) == (3, "5"), "in a rollout more run than are asked for"
    stopped = orphaned([replicaset(0, 1, "old"), replicaset(0, 2, "new")])
    assert stopped is not None
    assert stopped.replicas == 0
    assert orphaned([owned]) is None


def test_the_successor_has_the_template_and_its_number_only_while_it_is_paused() -> None:
    made = Made(replicas=3)
    configmap = made.configmap()
    configmap["metadata"] |= {"uid": "u", "annotations": {"oscar.grycap.io/revision": "r"}}
    runs = running(made.deployment())
    service = read(configmap).definition
    born = successor(service, runs, configmap, paused=True)
    assert (born["spec"]["replicas"], born["spec"]["paused"]) == (3, True)
    assert born["spec"]["template"] == made.deployment()["spec"]["template"]
    free = successor(service, runs, configmap, paused=False)
    assert not {"replicas", "paused"} & free["spec"].keys()
    assert free["metadata"]["annotations"] == {ADOPTED: "r"}
    assert [one["uid"] for one in free["metadata"]["ownerReferences"]] == ["u"]


def test_its_template_is_kept_until_the_service_has_another_revision() -> None:
    configmap = {"metadata": {"annotations": {"oscar.grycap.io/revision": "r"}}}
    adopted = {"metadata": {"annotations": {ADOPTED: "r"}}}
    assert keeps(configmap, adopted)
    assert not keeps({"metadata": {"annotations": {"oscar.grycap.io/revision": "s"}}}, adopted)
    assert not keeps(configmap, OURS)
    assert not keeps({"metadata": {}}, OURS)
    assert not keeps(None, None)
    assert keeps(marked("", Made()), None)
