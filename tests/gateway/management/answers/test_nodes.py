from __future__ import annotations

from typing import Any

from gateway.management.answers.nodes import cluster, has_gpu

READY = {"type": "Ready", "status": "True"}
PRESSURE = {"type": "MemoryPressure", "status": "Unknown"}


def node(name: str, cpu: str = "4", memory: str = "8Gi", **more: Any) -> dict[str, Any]:
    allocatable = {"cpu": cpu, "memory": memory, **more.pop("allocatable", {})}
    return {
        "metadata": {"name": name, "labels": more.pop("labels", {})},
        "status": {"allocatable": allocatable, "conditions": [READY, PRESSURE], **more},
    }


def requests(cpu: str, memory: str = "0", **more: str) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}


def pod(node_name: str, *containers: Any, phase: str = "Running", **spec: Any) -> dict[str, Any]:
    return {
        "spec": {"nodeName": node_name, "containers": containers, **spec},
        "status": {"phase": phase},
    }


def test_a_node_is_told_in_thousandths_and_bytes() -> None:
    pods = [
        pod("a", requests("500m", "1Gi"), requests("0.25")),
        pod("a", requests("1"), phase="Succeeded"),
        pod("", requests("1")),
    ]
    told = cluster(
        [node("a", allocatable={"nvidia.com/gpu": "2"})],
        {"a": {"cpu": "1500m", "memory": "2Gi"}},
        pods,
    )
    assert told == {
        "nodes_count": 1,
        "metrics": {
            "cpu": {
                "total_free_cores": 2500,
                "max_free_on_node_cores": 2500,
                "total_schedulable_cores": 3250,
                "total_schedulable_on_node_cores": 3250,
            },
            "memory": {
                "total_free_bytes": 6 * 2**30,
                "max_free_on_node_bytes": 6 * 2**30,
                "total_schedulable_bytes": 7 * 2**30,
                "max_schedulable_on_node_bytes": 7 * 2**30,
            },
            "gpu": {"total_gpu": 2},
        },
        "nodes": [
            {
                "name": "a",
                "cpu": {"capacity_cores": 4000, "usage_cores": 1500, "request_cores": 750},
                "memory": {
                    "capacity_bytes": 8 * 2**30,
                    "usage_bytes": 2 * 2**30,
                    "request_bytes": 2**30,
                },
                "gpu": 2,
                "is_interlink": False,
                "status": "Ready",
                "conditions": [
                    {"type": "Ready", "status": True},
                    {"type": "MemoryPressure", "status": False},
                ],
            }
        ],
    }


def test_sums_and_the_largest_are_over_the_workers() -> None:
    control = node("c", labels={"node-role.kubernetes.io/control-plane": ""})
    cpu = cluster([node("a"), node("b", "2"), control], {}, [pod("a", requests("3"))])["metrics"][
        "cpu"
    ]
    assert (cpu["total_free_cores"], cpu["max_free_on_node_cores"]) == (3000, 2000)
    assert cluster([control], {}, [])["nodes_count"] == 1


def test_init_containers_run_before_the_others_and_sidecars_beside() -> None:
    inits = [requests("2"), requests("100m", restartPolicy="Always")]
    told = cluster([node("a")], {}, [pod("a", requests("1"), initContainers=inits)])
    assert told["nodes"][0]["cpu"]["request_cores"] == 2100


def test_no_nodes_are_zeros() -> None:
    told = cluster([], {}, [])
    assert (told["nodes_count"], told["nodes"], told["metrics"]["gpu"]["total_gpu"]) == (0, [], 0)
    assert set(told["metrics"]["cpu"].values()) == {0}


def test_a_node_that_says_nothing() -> None:
    (told,) = cluster([{"metadata": {"name": "a"}}], {}, [])["nodes"]
    assert (told["status"], told["conditions"], told["cpu"]["capacity_cores"]) == ("Unknown", [], 0)
    assert not has_gpu([{"metadata": {"name": "a"}}])
    assert has_gpu([node("a"), node("b", allocatable={"nvidia.com/gpu": "1"})])
