"""Tables as a real API server sent them, and what the request may ask to include."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.embedded import declarations, tables
from shared.embedded.kinds import DEPLOYMENT, POD, Kind
from shared.embedded.tables import pods, workloads
from shared.embedded.tables.column import NAME_AND_AGE
from shared.service.objects import unix_seconds

RECORDED = json.loads((Path(__file__).parents[1] / "exchanges.json").read_text())["exchanges"]


def recorded(note: str) -> dict[str, Any]:
    body: dict[str, Any] = next(
        e["response"]["body"] for e in RECORDED if e["note"].startswith(note)
    )
    return body


@pytest.mark.parametrize(("kind", "note"), [(POD, "Table of pods"), (DEPLOYMENT, "Table of dep")])
def test_columns_are_those_of_a_real_server(kind: Kind, note: str) -> None:
    table = tables.render(declarations.of(kind).columns, [], {"resourceVersion": "869"}, now=0.0)
    assert table == {**recorded(note), "rows": []}


def test_a_deployments_cells_are_those_of_a_real_server() -> None:
    obj = recorded("Deployment status")
    now = unix_seconds(obj["metadata"]["creationTimestamp"]) + 19
    obj["status"] |= {"readyReplicas": 0, "updatedReplicas": 1, "availableReplicas": 0}
    obj["spec"]["replicas"] = 1
    row = tables.render(workloads.DEPLOYMENTS, [obj], {}, now=now)["rows"][0]
    assert row["cells"] == recorded("Table of dep")["rows"][0]["cells"]
    assert row["object"]["kind"] == "PartialObjectMetadata"
    assert row["object"]["metadata"] == obj["metadata"]


@pytest.mark.parametrize(
    ("note", "age", "cells"),
    [
        ("a pending pod", 10, ["0/1", "Pending", "0", "10s", "<none>", "<none>"]),
        ("node agent reports", 19, ["1/1", "Running", "0", "19s", "127.0.1.1", "n1"]),
    ],
)
def test_a_pods_cells_are_those_of_a_real_server(note: str, age: float, cells: list[str]) -> None:
    pod = recorded(note)
    now = unix_seconds(pod["metadata"]["creationTimestamp"]) + age
    row = tables.render(pods.COLUMNS, [pod], {}, now=now)["rows"][0]
    assert row["cells"] == [pod["metadata"]["name"], *cells, "<none>", "<none>"]


def test_the_request_says_what_each_row_includes() -> None:
    obj = {"metadata": {"name": "x", "creationTimestamp": "1970-01-01T00:00:00Z"}}

    def included(include: str) -> Any:
        return tables.render(NAME_AND_AGE, [obj], {}, include, now=0.0)["rows"][0]["object"]

    assert included("None") is None
    assert included("Object") == obj
    assert included("") == included("Metadata")
    assert included("Metadata")["metadata"] == obj["metadata"]


def test_kinds_without_columns_of_their_own_show_name_and_age() -> None:
    obj = {"metadata": {"name": "x", "creationTimestamp": "1970-01-01T00:00:00Z"}}
    table = tables.render(NAME_AND_AGE, [obj], {}, now=5.0)
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Age"]
    assert table["rows"][0]["cells"] == ["x", "5s"]


def test_later_tables_of_a_watch_leave_the_columns_out() -> None:
    assert tables.render(pods.COLUMNS, [], {}, now=0.0, headers=False)["columnDefinitions"] is None
