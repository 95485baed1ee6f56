from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.kube.client import KubeClient
from shared.kube.events import QUEUE, EventRecorder
from shared.runtime.clock import ManualClock
from tests.shared.kube.scripted import Script, refuses, resets, says
from tests.tasks import running

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web-dlp", "namespace": "ns", "uid": "u-1", "resourceVersion": "7"},
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def recorder(kube: KubeClient, clock: ManualClock) -> AsyncIterator[EventRecorder]:
    recorder = EventRecorder(kube, "scaler", clock)
    async with running(recorder.run()):
        yield recorder


async def test_an_event_says_what_happened_to_what(api: Script, recorder: EventRecorder) -> None:
    api.otherwise = says({})
    recorder.emit(DEPLOYMENT, "ScaledUp", "from 1 to 3", type="Warning", action="Scale")
    await recorder.flushed()
    call = api.calls[0]
    assert (call.method, call.path) == ("POST", "/apis/events.k8s.io/v1/namespaces/ns/events")
    name = call.body["metadata"].pop("name")
    assert name.startswith("web-dlp.")
    instance = call.body.pop("reportingInstance")
    assert instance.startswith("scaler-")
    assert call.body == {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"namespace": "ns"},
        "eventTime": "1970-01-12T13:46:40.000000Z",
        "reportingController": "scaler",
        "type": "Warning",
        "reason": "ScaledUp",
        "action": "Scale",
        "note": "from 1 to 3",
        "regarding": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "namespace": "ns",
            "name": "web-dlp",
            "uid": "u-1",
            "resourceVersion": "7",
        },
    }


async def test_a_repetition_becomes_a_series(
    api: Script, recorder: EventRecorder, clock: ManualClock
) -> None:
    api.otherwise = says({})
    for _ in range(3):
        recorder.emit(DEPLOYMENT, "NoMetrics", "no samples")
        await recorder.flushed()
        await clock.advance(1.0)
    assert [call.method for call in api.calls] == ["POST", "PATCH"]
    first, again = api.calls
    assert again.path.endswith("/" + first.body["metadata"]["name"])
    assert again.body == {"series": {"count": 2, "lastObservedTime": "1970-01-12T13:46:41.000000Z"}}


async def test_a_series_whose_event_is_gone_is_written_anew(
    api: Script, recorder: EventRecorder
) -> None:
    api.then(says({}), refuses(404, "NotFound"), says({}))
    for _ in range(2):
        recorder.emit(DEPLOYMENT, "NoMetrics", "no samples")
    await recorder.flushed()
    assert [call.method for call in api.calls] == ["POST", "PATCH", "POST"]
    names = {call.body["metadata"]["name"] for call in api.calls if call.method == "POST"}
    assert len(names) == 2


async def test_failures_are_logged_and_the_next_event_is_written(
    api: Script, recorder: EventRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    api.then(refuses(403, "Forbidden", "events is forbidden"), resets(), says({}))
    for note in ("one", "two", "three"):
        recorder.emit(DEPLOYMENT, "Told", note)
    await recorder.flushed()
    assert recorder.failed == 2
    assert [call.body["note"] for call in api.calls] == ["one", "two", "three"]
    assert "allow this process's service account to create and patch events" in caplog.text


async def test_emit_does_not_wait_when_the_queue_is_full(kube: KubeClient) -> None:
    recorder = EventRecorder(kube, "scaler", ManualClock())
    for number in range(QUEUE + 5):
        recorder.emit(DEPLOYMENT, "Told", str(number))
    assert recorder.dropped == 5


async def test_a_long_note_is_cut_to_what_the_api_takes(
    api: Script, recorder: EventRecorder
) -> None:
    api.otherwise = says({})
    recorder.emit(DEPLOYMENT, "Told", "é" * 2000)
    await recorder.flushed()
    assert api.calls[0].body["note"] == "é" * 512


async def test_cluster_scoped_objects_have_their_events_in_default(
    api: Script, recorder: EventRecorder
) -> None:
    api.otherwise = says({})
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "uid": "u"}}
    recorder.emit(node, "Told", "x")
    await recorder.flushed()
    assert api.calls[0].path == "/apis/events.k8s.io/v1/namespaces/default/events"
