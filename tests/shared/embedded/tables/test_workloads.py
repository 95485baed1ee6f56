"""Cells of workloads and of what scales and protects them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.embedded.tables import workloads

if TYPE_CHECKING:
    from shared.embedded.tables.column import Cell, Column


def cells(columns: tuple[Column, ...], obj: dict[str, Any]) -> dict[str, Cell]:
    return {column.name: column.cell(obj, 0.0) for column in columns}


TEMPLATE = {"spec": {"containers": [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y"}]}}


def test_a_deployment_without_status_shows_zeros() -> None:
    obj = {"metadata": {"name": "d"}, "spec": {"replicas": 3, "template": TEMPLATE}}
    row = cells(workloads.DEPLOYMENTS, obj)
    assert (row["Ready"], row["Up-to-date"], row["Available"]) == ("0/3", 0, 0)
    assert (row["Containers"], row["Images"], row["Selector"]) == ("a,b", "x:1,y", "<none>")


def test_a_replicaset_shows_desired_current_and_ready() -> None:
    obj = {
        "metadata": {"name": "r"},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "x"}}, "template": TEMPLATE},
        "status": {"replicas": 2, "readyReplicas": 1},
    }
    row = cells(workloads.REPLICASETS, obj)
    assert [row[name] for name in ("Desired", "Current", "Ready", "Selector")] == [3, 2, 1, "app=x"]


def test_an_autoscaler_shows_each_metric_against_its_target() -> None:
    def metric(name: str, **target: Any) -> dict[str, Any]:
        return {"type": "Resource", "resource": {"name": name, "target": target}}

    obj = {
        "metadata": {"name": "h"},
        "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": "d"},
            "maxReplicas": 4,
            "metrics": [metric("cpu", averageUtilization=80), metric("memory", averageValue="1Gi")],
        },
        "status": {
            "currentMetrics": [{"resource": {"name": "cpu", "current": {"averageUtilization": 20}}}]
        },
    }
    row = cells(workloads.AUTOSCALERS, obj)
    assert row["Reference"] == "Deployment/d"
    assert row["Targets"] == "cpu: 20%/80%, memory: <unknown>/1Gi"
    assert (row["MinPods"], row["MaxPods"], row["Replicas"]) == ("<unset>", "4", "0")


def test_a_disruption_budget_shows_what_it_limits() -> None:
    row = cells(
        workloads.DISRUPTION_BUDGETS, {"metadata": {"name": "b"}, "spec": {"minAvailable": 1}}
    )
    assert [row[n] for n in ("Min Available", "Max Unavailable", "Allowed Disruptions")] == [
        "1",
        "N/A",
        0,
    ]
