"""What the scheduler says, in words for people."""

from __future__ import annotations

from typing import Any

import pytest

from scaler.cluster.shortage import LONGEST, shortage

GPU = {"nvidia.com/gpu": "1", "cpu": "2", "memory": "4Gi"}


def spec(*requests: dict[str, str]) -> dict[str, Any]:
    return {"containers": [{"resources": {"requests": each}} for each in requests]}


@pytest.mark.parametrize(
    ("message", "requests", "told"),
    [
        ("0/1 nodes are available: 1 Insufficient nvidia.com/gpu.", [GPU], "1 GPU"),
        ("0/1 nodes are available: 1 Insufficient nvidia.com/gpu.", [GPU, GPU], "2 GPUs"),
        (
            "0/3 nodes are available: 1 Insufficient cpu, 2 Insufficient nvidia.com/gpu. "
            "preemption: 0/3 nodes are available: 3 No preemption victims found.",
            [GPU],
            "1 GPU",
        ),
        (
            "0/3 nodes are available: 1 Insufficient cpu, 2 Insufficient memory.",
            [GPU],
            "4Gi memory",
        ),
        ("0/3 nodes are available: 3 Insufficient cpu.", [GPU], "2 CPU"),
        ("0/3 nodes are available: 3 Insufficient cpu.", [GPU, GPU], "enough CPU"),
        ("0/3 nodes are available: 3 Insufficient cpu.", [], "enough CPU"),
    ],
)
def test_what_is_insufficient_is_told_with_how_much(
    message: str, requests: list[dict[str, str]], told: str
) -> None:
    assert shortage(message, spec(*requests)) == f"no node has {told} free"


def test_other_causes_are_told_as_the_scheduler_does() -> None:
    message = (
        "0/2 nodes are available: 2 node(s) had untolerated taint {gpu: only}. preemption: 0/2"
    )
    assert shortage(message, spec()) == (
        "no node takes it: 2 node(s) had untolerated taint {gpu: only}"
    )
    assert len(shortage("x" * 5000, spec())) < LONGEST + 30
    assert shortage("", spec()) == "no node has room"
