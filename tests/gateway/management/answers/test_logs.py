from __future__ import annotations

from typing import Any

import pytest

from gateway.management.answers import logs
from gateway.management.answers.logs import Wanted, read_logs, wanted
from shared.embedded import kinds
from tests.gateway.management.cluster import NS, Cluster


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", 200), ("5", 5), ("1000", 1000), ("1001", 1000), ("0", 200), ("-1", 200), ("x", 200)],
)
def test_lines_are_bounded(text: str, lines: int) -> None:
    assert wanted({"tailLines": text}).lines == lines


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
    answer = await read_logs(cluster.kube, "ocr", Wanted(10, timestamps=True))
    assert answer == {
        "service_name": "ocr",
        "available": True,
        "entries": [
            {"timestamp": "2026-01-01T00:00:01Z", "message": "one"},
            {"timestamp": "2026-01-01T00:00:02Z", "message": "two"},
            {"timestamp": "2026-01-01T00:00:03Z", "message": "three words here"},
        ],
    }
    newest = await read_logs(cluster.kube, "ocr", Wanted(1))
    assert newest["entries"] == [{"message": "three words here"}]


async def test_a_pod_whose_log_cannot_be_read_does_not_hide_the_others(cluster: Cluster) -> None:
    add_pod(cluster, "a", "2026-01-01T00:00:01Z one\n")
    add_pod(cluster, "b", "")
    del cluster.logs["b"]
    answer = await read_logs(cluster.kube, "ocr", Wanted(10))
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
    answer = await read_logs(cluster.kube, "ocr", Wanted(10))
    assert [entry["message"] for entry in answer["entries"]] == traceback


async def test_moments_are_compared_as_numbers(cluster: Cluster) -> None:
    """`.5Z` is before `1Z` in letters, and after it in time."""
    add_pod(cluster, "a", f"{T}1Z one\n{T}1.25Z two\n{T}1.5Z four\n")
    add_pod(cluster, "b", f"{T}1.3Z three\n")
    answer = await read_logs(cluster.kube, "ocr", Wanted(10))
    assert [entry["message"] for entry in answer["entries"]] == ["one", "two", "three", "four"]


async def pages(cluster: Cluster, lines: int) -> list[list[str]]:
    """All pages from the first line on, each line with its pod."""
    found: list[list[str]] = []
    after = "start"
    while True:
        query = {"after": after, "tailLines": str(lines)}
        answer = await read_logs(cluster.kube, "ocr", wanted(query))
        if not answer["entries"]:
            return found
        found.append([f"{entry['pod']} {entry['message']}" for entry in answer["entries"]])
        after = answer["next"]


async def test_pages_follow_each_other_and_lose_nothing(cluster: Cluster) -> None:
    """Also within one moment, of which Kubernetes cannot give a part."""
    add_pod(cluster, "a", f"{T}1Z 1\n{T}2Z 2\n{T}2Z 3\n{T}2Z 4\n{T}4Z 6\n")
    add_pod(cluster, "b", f"{T}2Z x\n{T}3.5Z y\n")
    assert await pages(cluster, 2) == [["a 1", "a 2"], ["a 3", "a 4"], ["b x", "b y"], ["a 6"]]


async def test_a_cursor_goes_on_where_the_newest_lines_ended(cluster: Cluster) -> None:
    add_pod(cluster, "a", f"{T}1Z 1\n{T}2Z 2\n")
    first = await read_logs(cluster.kube, "ocr", wanted({"pods": "true", "tailLines": "1"}))
    assert first["entries"] == [{"message": "2", "pod": "a"}]
    again = await read_logs(cluster.kube, "ocr", wanted({"after": first["next"]}))
    assert (again["entries"], again["next"]) == ([], first["next"])
    cluster.logs["a"] += f"{T}2Z 3\n"
    add_pod(cluster, "b", f"{T}1Z a late pod's first\n")
    last = await read_logs(cluster.kube, "ocr", wanted({"after": again["next"]}))
    assert [entry["message"] for entry in last["entries"]] == ["a late pod's first", "3"]


async def test_a_pod_that_does_not_answer_keeps_its_place(cluster: Cluster) -> None:
    add_pod(cluster, "a", f"{T}1Z 1\n")
    first = await read_logs(cluster.kube, "ocr", wanted({"after": "start"}))
    kept = cluster.logs.pop("a")
    broken = await read_logs(cluster.kube, "ocr", wanted({"after": first["next"]}))
    cluster.logs["a"] = kept
    assert broken["next"] == first["next"]


async def test_a_page_ends_where_a_log_was_cut(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else lines of other pods would be given before those of the same time that were not read."""
    monkeypatch.setattr(logs, "PAGE_BYTES", 80)
    add_pod(cluster, "a", "".join(f"{T}{n}Z {n}{'.' * 20}\n" for n in range(1, 6)))
    add_pod(cluster, "b", f"{T}4.5Z x\n")
    found = [line for page in await pages(cluster, 10) for line in page]
    assert [line[:3] for line in found] == ["a 1", "a 2", "a 3", "a 4", "b x", "a 5"]


async def test_a_line_longer_than_a_page_is_read_whole(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "PAGE_BYTES", 30)
    add_pod(cluster, "a", f"{T}1Z {'x' * 500}\n{T}2Z y\n")
    assert await pages(cluster, 10) == [[f"a {'x' * 500}", "a y"]]


async def test_the_run_before_is_read_where_there_was_one(cluster: Cluster) -> None:
    add_pod(cluster, "a", f"{T}5Z now\n")
    add_pod(cluster, "b", f"{T}5Z now\n")
    cluster.logs["a before"] = f"{T}1Z Killed\n"
    answer = await read_logs(cluster.kube, "ocr", wanted({"previous": "true"}))
    assert (answer["available"], answer["entries"]) == (True, [{"message": "Killed"}])


async def test_of_many_pods_the_newest_are_read(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST_PODS", 1)
    add_pod(cluster, "a", f"{T}1Z one\n")
    add_pod(cluster, "b", f"{T}2Z two\n")
    answer = await read_logs(cluster.kube, "ocr", Wanted())
    assert answer["entries"] == [{"message": "two"}]
    assert answer["message"] == "These are the logs of the 1 newest of 2 pods."
