from __future__ import annotations

from typing import Any

import pytest

from gateway.management.answers.logs import lines_asked, read_logs, split
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


T = "2026-01-01T00:00:0"


async def test_lines_of_one_moment_keep_their_order(cluster: Cluster) -> None:
    """A traceback's carets come after the line they point into."""
    traceback = [
        "Traceback (most recent call last):",
        "    1 / 0",
        "    ~~^~~",
        "ZeroDivisionError",
    ]
    add_pod(cluster, "a", "".join(f"{T}1.5Z {line}\n" for line in traceback))
    answer = await read_logs(cluster.kube, "ocr", 10, timestamps=False)
    assert [entry["message"] for entry in answer["entries"]] == traceback


async def test_moments_are_compared_as_numbers(cluster: Cluster) -> None:
    """`.5Z` is before `1Z` in letters, and after it in time."""
    add_pod(cluster, "a", f"{T}1Z one\n{T}1.25Z two\n{T}1.5Z four\n")
    add_pod(cluster, "b", f"{T}1.3Z three\n")
    answer = await read_logs(cluster.kube, "ocr", 10, timestamps=False)
    assert [entry["message"] for entry in answer["entries"]] == ["one", "two", "three", "four"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        (f"{T}1Z \n", [""]),
        (f"{T}1Z a\rb\u0085c\u2028d\x0be\n", ["a\rb\u0085c\u2028d\x0be"]),
        (f"{T}1Z  indented\n", [" indented"]),
        (f"{T}2Z a\n{T}1Z the clock was set back\nno stamp\n", None),
    ],
)
def test_only_a_line_feed_ends_a_line(text: str, lines: list[str] | None) -> None:
    found = split(text)
    if lines is None:
        assert sorted(found, key=lambda line: line.moment) == found
        assert (found[-1].time, found[-1].text) == ("", "no stamp")
    else:
        assert [line.text for line in found] == lines
