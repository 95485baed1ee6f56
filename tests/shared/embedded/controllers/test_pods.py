"""Questions about a pod."""

from __future__ import annotations

from shared.embedded.controllers.pods import (
    controller_reference,
    is_active,
    is_available,
    restarts,
    seconds_of,
)
from shared.embedded.schema.times import timestamp
from shared.service.objects import Obj, controller_of


def ready_pod(since: float) -> Obj:
    condition = {"type": "Ready", "status": "True", "lastTransitionTime": timestamp(since)}
    return {"metadata": {}, "status": {"phase": "Running", "conditions": [condition]}}


def test_times_are_read_and_written_alike() -> None:
    assert timestamp(0) == "1970-01-01T00:00:00Z"
    assert seconds_of(timestamp(1_700_000_000)) == 1_700_000_000
    assert seconds_of(None) == 0


def test_available_is_ready_for_long_enough() -> None:
    pod = ready_pod(100)
    assert is_available(pod, 0, 100)
    assert not is_available(pod, 10, 109)
    assert is_available(pod, 10, 110)
    assert not is_available({"metadata": {}}, 0, 100)


def test_active_is_neither_ended_nor_going() -> None:
    assert is_active(ready_pod(0))
    assert not is_active({"metadata": {"deletionTimestamp": "x"}})
    assert not is_active({"metadata": {}, "status": {"phase": "Failed"}})


def test_restarts_of_all_containers_count() -> None:
    assert restarts({"status": {"containerStatuses": [{"restartCount": 2}, {}]}}) == 2


def test_the_controller_is_the_owner_that_says_so() -> None:
    owner = {"apiVersion": "v1", "kind": "K", "metadata": {"name": "o", "uid": "u"}}
    reference = controller_reference(owner)
    others = [{"kind": "ConfigMap", "name": "c"}, reference]
    assert controller_of({"metadata": {"ownerReferences": others}}) == reference
    assert controller_of({"metadata": {"ownerReferences": others[:1]}}) is None
