"""`explain` as a process before an embedded cluster, with the rights of the scaler."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scaler.config.document import Config, SourceConfig
from scaler.config.published import published
from shared.embedded import kinds
from shared.service import names
from tests.scaler.embedded import Embedded, embedded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Embedded]:
    async with embedded(tmp_path) as made:
        made.add("a", 2, scaling={"policy": "hpa"})
        made.load["a"] = 0.32
        made.controllers.settle()
        yield made


async def told(cluster: Embedded, name: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scaler", "explain", name),
        env={**os.environ, "KUBECONFIG": cluster.kubeconfig()},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def test_the_live_decision_is_told_and_nothing_is_written(cluster: Embedded) -> None:
    before = cluster.deployment("a")["metadata"]["resourceVersion"]
    code, text = await told(cluster, "a")
    while "pods might be unready" in text:  # their first second is no measure for policy hpa
        code, text = await told(cluster, "a")
    assert code == 0, text
    hint, first, *_ = text.splitlines()
    assert "--config or SCALER_CONFIG" in hint
    assert first.startswith("a: ")
    assert "Policy hpa: 1 to 10 replicas, target 80%" in text
    assert text.count("a-dlp-") == 2
    assert cluster.deployment("a")["metadata"]["resourceVersion"] == before


async def test_the_leaders_configuration_is_found_and_gateways_out_of_reach_are_told(
    cluster: Embedded,
) -> None:
    base = replace(Config(), source=SourceConfig(gateways=("http://127.0.0.1:9",)))
    text = published(base, "services: {a: {policy: responsive, in_flight_target: 3}}")
    annotations = {names.SCALER_CONFIG: text}
    metadata = {"name": "scaler", "namespace": names.SYSTEM_NAMESPACE, "annotations": annotations}
    lease = {"metadata": metadata, "spec": {"holderIdentity": "one"}}
    cluster.api.create(kinds.LEASE, lease, names.SYSTEM_NAMESPACE, manager="test")
    code, text = await told(cluster, "a")
    assert code == 0, text
    assert text.startswith("configuration: of one, by Lease scaler\n")
    assert "Policy responsive: 1 to 10 replicas" in text
    assert "kubectl exec -n oscar deploy/scaler -- python -m scaler explain a" in text


async def test_a_name_that_is_wrong_is_answered_with_those_that_are_right(
    cluster: Embedded,
) -> None:
    code, text = await told(cluster, "b")
    assert code == 1
    assert "no exposed service 'b'; there are: a" in text
