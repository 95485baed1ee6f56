"""What is sent empty means the usual, as it does to a real API server."""

from __future__ import annotations

from shared.embedded import kinds
from shared.embedded.schema.zero_values import usual
from shared.service.objects import Obj
from tests.shared.embedded.validation.test_init import CONTAINER, causes, full, pod


def test_only_what_says_something_is_kept() -> None:
    given: Obj = {"a": "", "b": 0, "c": "x"}
    assert [usual(given, name, "y") for name in "abcd"] == ["y", "y", "x", "y"]
    assert given == {"a": "y", "b": "y", "c": "x", "d": "y"}


def test_empty_choices_of_a_pod_are_the_usual_ones() -> None:
    probe = {"exec": {"command": ["a"]}, "successThreshold": 0, "periodSeconds": 0}
    container = {**CONTAINER, "imagePullPolicy": "", "livenessProbe": probe}
    fields = pod(restartPolicy="", dnsPolicy="", containers=[container])
    assert causes(kinds.POD, **fields) == []
    spec = full(kinds.POD, fields)["spec"]
    assert (spec["restartPolicy"], spec["dnsPolicy"]) == ("Always", "ClusterFirst")


def test_empty_choices_of_a_service_are_the_usual_ones() -> None:
    port = {"port": 1, "protocol": ""}
    given = {"spec": {"type": "", "sessionAffinity": "", "ports": [port]}}
    assert causes(kinds.SERVICE, **given) == []
