"""The two policies under the load, each in a plane of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import click

from benchmarks.control_plane.plane import plane
from benchmarks.scaler_load import stack, watch
from benchmarks.scaler_load.ending import BASELINE
from benchmarks.scaler_load.measure import Run, measure
from benchmarks.scaler_load.stack import Settings
from shared.kube.client import KubeClient
from shared.kube.resources import HPAS, Resource
from shared.service import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.control_plane.binaries import Binaries
    from benchmarks.scaler_load.schedule import Level
    from shared.cli.local.layout import Layout

HPAS_V1: Final = Resource("autoscaling", "v1", HPAS.plural, HPAS.kind)
HPA_DELAY: Final = 2.0
"""Seconds after a sample at which the HPA is made, and from then on decides every 15 s: on samples
that are fresh, which is the best that can happen to it."""


async def apart(
    binaries: Binaries,
    policies: Sequence[str],
    levels: Sequence[Level],
    instants: Sequence[float],
    phase: float,
) -> list[Run]:
    """One policy after the other; `hpa` is Kubernetes' own, to which our scaler leaves its
    service."""
    runs = []
    for policy in policies:
        async with plane(binaries) as (layout, tasks):
            await stack.add(layout, Settings(policy))
            await watch.next_sample(layout, policy)  # the first one tells of the pod's start
            told = await _hand_over(layout, policy) if policy == BASELINE else None
            runs.append(await measure(layout, tasks, policy, levels, instants, phase, told))
    return runs


async def hold(binaries: Binaries) -> list[Run]:
    """A plane with nothing on it until it fails or is cancelled; no runs."""
    async with plane(binaries) as (layout, tasks):
        click.echo(
            f"The plane is up until Ctrl-C:\n  export KUBECONFIG={layout.kubeconfig}\n"
            f"  export EXPOSED_HOME={layout.home}"
        )
        await tasks.failed()
    return []


async def _hand_over(layout: Layout, name: str) -> watch.Told:
    """Just after a sample, make the HPA of a service; what tells how it sees it."""
    await asyncio.sleep(HPA_DELAY)
    async with KubeClient.open(
        field_manager="benchmark", kubeconfig=str(layout.kubeconfig)
    ) as kube:
        await kube.create(HPAS_V1, autoscaler(name), names.NAMESPACE)

    async def told(kube: KubeClient) -> str:
        return words(await kube.get(HPAS, name, names.NAMESPACE))

    return told


def autoscaler(name: str) -> dict[str, Any]:
    """The HorizontalPodAutoscaler with the bounds and the target that the service has."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": names.deployment(name)}
    return {
        "apiVersion": HPAS_V1.api_version,
        "kind": HPAS_V1.kind,
        "metadata": {"name": name},
        "spec": {
            "scaleTargetRef": target,
            "minReplicas": 1,
            "maxReplicas": 4,
            "targetCPUUtilizationPercentage": 50,
        },
    }


def words(hpa: dict[str, Any]) -> str:
    """What an HPA of autoscaling/v2 says in its status."""
    status = hpa.get("status") or {}
    metrics = status.get("currentMetrics") or []
    cpu = next((one["resource"]["current"].get("averageUtilization") for one in metrics), None)
    reasons = [one["reason"] for one in status.get("conditions") or () if one.get("reason")]
    sizes = f"{status.get('currentReplicas', 0)} -> {status.get('desiredReplicas', 0)}"
    return f"{sizes}, cpu {cpu}%, {' '.join(reasons)}"
