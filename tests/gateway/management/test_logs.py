from __future__ import annotations

from typing import Any

import pytest

from gateway.management.logs import lines_asked, read_logs
from shared.embedded import kinds
from tests.gateway.management.cluster import NS, Cluster


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", 200), ("5", 5), ("1000", 1000), ("1001", 1000), ("0", 200), ("-1", 200), ("x", 200)],
)
def test_lines_are_bounded(text: str, lines: int) -> None:
    assert lines_asked(text) == lines


def add_pod(cluster: Cluster, name: str, log: str) -> None:
    container = {"name": "oscar-container", "image": "i"}
    labels = {"app": "oscar-svc-exp-ocr"}
    pod: dict[str, Any] = {
        "metadata": {"name": name, "labels": labels},
        "spec": {"containers": [container]},
    }
    cluster.api.create(kinds.POD, pod, NS, manager="test")
    cluster.logs[name] = log


async def test_lines_of_all_pods_are_mixed_by_time(cluster: Cluster) -> None:
    add_pod(cluster, "a", "2026-01-01T00:00:01Z one\n2026-01-01T00:00:03Z three words here\n")
    add_pod(cluster, "b", "2026-01-01T00:00:02Z two\n")
    answer = await read_logs(cluster.kube, "ocr", 10, timestamps=True)
    assert answer == {
        "service_name": "ocr",
        "available": True,
        "entries": [
            {"timestamp": "2026-01-01T00:00:01Z", "message": "one"},
            {"timestamp": "2026-01-01T00:00:02Z", "message": "two"},
            {"timestamp": "2026-01-01T00:00:03Z", "message": "three words here"},
        ],
    }
    newest = await read_logs(cluster.kube, "ocr", 1, timestamps=False)
    assert newest["entries"] == [{"message": "three words here"}]


async def test_a_pod_whose_log_cannot_be_read_does_not_hide_the_others(cluster: Cluster) -> None:
    add_pod(cluster, "a", "2026-01-01T00:00:01Z one\n")
    add_pod(cluster, "b", "")
    del cluster.logs["b"]
    answer = await read_logs(cluster.kube, "ocr", 10, timestamps=False)
    assert answer["available"] is True
    assert "pod b" in answer["message"]
    assert answer["entries"] == [{"message": "one"}]
