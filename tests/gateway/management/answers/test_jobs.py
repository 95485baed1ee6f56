from __future__ import annotations

from typing import Any

import pytest

from gateway.management.answers.jobs import jobs

T = "2026-01-01T00:00:0"


def pod(*states: dict[str, Any], **status: Any) -> dict[str, Any]:
    statuses = [{"name": "oscar-container", "state": state} for state in states]
    return {
        "metadata": {"name": "ocr-1", "creationTimestamp": f"{T}0Z"},
        "status": {"containerStatuses": statuses, **status},
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (pod(), {"status": "Pending"}),
        (
            pod({"running": {"startedAt": f"{T}1Z"}}, phase="Running"),
            {"status": "Running", "start_time": f"{T}1Z"},
        ),
        (
            pod({"terminated": {"startedAt": f"{T}1Z", "finishedAt": f"{T}2Z"}}, phase="Failed"),
            {"status": "Failed", "start_time": f"{T}1Z", "finish_time": f"{T}2Z"},
        ),
        (pod({"waiting": {}}, phase="Pending"), {"status": "Pending"}),
    ],
)
def test_a_pod_as_a_job(given: dict[str, Any], told: dict[str, str]) -> None:
    assert jobs([given]) == {"jobs": {"ocr-1": {"creation_time": f"{T}0Z", **told}}}
