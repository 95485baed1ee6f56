from __future__ import annotations

from typing import Any

import pytest

from scaler.cluster.authorship import author


def entry(manager: str, time: str, *fields: str) -> dict[str, Any]:
    return {
        "manager": manager,
        "time": time,
        "fieldsV1": {"f:spec": {f"f:{field}": {} for field in fields}},
    }


def test_the_latest_writer_of_replicas_is_named() -> None:
    fields = [
        entry("management", "2026-01-03T00:00:00Z", "template"),
        entry("scaler", "2026-01-01T00:00:00Z", "replicas"),
        entry("kubectl", "2026-01-02T00:00:00Z", "replicas"),
        {"manager": "controller", "fieldsV1": {"f:status": {"f:replicas": {}}}},
    ]
    assert author({"metadata": {"managedFields": fields}}, "scaler") == "kubectl"


def test_our_own_write_that_came_after_it_hides_the_author_and_is_not_taken_for_it() -> None:
    fields = [entry("scaler", "2026-01-03T00:00:00Z", "replicas")]
    assert author({"metadata": {"managedFields": fields}}, "scaler") == "somebody unknown"


@pytest.mark.parametrize("manager", ["", "unknown"])
def test_a_person_who_scales_is_told_of_where_the_server_names_no_manager(manager: str) -> None:
    fields = [
        entry("management", "2026-01-01T00:00:00Z", "replicas"),
        entry(manager, "2026-01-02T00:00:00Z", "replicas") | {"subresource": "scale"},
    ]
    said = author({"metadata": {"managedFields": fields}}, "scaler")
    assert said == "a write to the scale subresource"


def test_a_write_that_no_field_manager_is_noted_of_came_by_the_scale_subresource() -> None:
    fields = [entry("management", "2026-01-01T00:00:00Z", "template")]
    said = author({"metadata": {"managedFields": fields}}, "scaler")
    assert said == "a write to the scale subresource"


def test_nobody_may_say_so() -> None:
    assert author({"metadata": {}}, "scaler") == "somebody unknown"
