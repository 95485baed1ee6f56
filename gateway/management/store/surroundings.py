"""What the cluster keeps around a service: versions, pods, what these use, Events about all of it.

Read for descriptions; it writes nothing. All of it is bounded, and what is there for information
alone (versions, use, Events) may be missing: then a sentence says so and what to do about it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gateway.management.store.catalog import NS
from shared.kube.errors import KubeError, NotFound
from shared.kube.remedy import remedy
from shared.kube.resources import EVENTS, POD_METRICS, PODS, REPLICASETS
from shared.service import names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from shared.kube.client import KubeClient
    from shared.kube.resources import Resource
    from shared.service.objects import Obj

MOST_PAGES: Final = 20
"""Pages of 500 Events that are looked through; a namespace has more only when pods fail by
hundreds, and Kubernetes forgets each after an hour."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Objects as the cluster has them."""

    pods: Sequence[Obj]
    replicasets: Sequence[Obj] = ()
    usage: Mapping[str, Obj] = field(default_factory=dict)
    """PodMetrics by pod."""
    events: Sequence[Obj] = ()
    missing: Sequence[str] = ()
    """Sentences on what could not be read."""


class Surveyor:
    """Reads surroundings; `KubeError` only when the pods themselves cannot be listed."""

    def __init__(self, kube: KubeClient, namespace: str = NS) -> None:
        self._kube = kube
        self._namespace = namespace

    async def survey(self, name: str, concerns: Callable[[Obj], bool]) -> Surroundings:
        """All there is around service `name`, and the Events that `concerns` says are about it."""
        labels = names.pod_selector(name)
        pods, replicasets, usage, events = await asyncio.gather(
            self._kube.list(PODS, self._namespace, labels=labels),
            self._optional(REPLICASETS, labels),
            self._optional(POD_METRICS, labels),
            self.events(concerns),
        )
        return Surroundings(
            pods=pods["items"],
            replicasets=replicasets[0],
            usage={one["metadata"]["name"]: one for one in usage[0]},
            events=events[0],
            missing=[text for _, text in (replicasets, usage, events) if text],
        )

    async def events(self, concerns: Callable[[Obj], bool]) -> tuple[Sequence[Obj], str]:
        """The Events that `concerns` picks, and what to say when they are not all."""
        found: list[Obj] = []
        token = ""
        try:
            for _ in range(MOST_PAGES):
                page = await self._kube.page(EVENTS, self._namespace, continue_=token)
                found += [one for one in page.get("items") or () if concerns(one)]
                token = page.get("metadata", {}).get("continue", "")
                if not token:
                    return found, ""
        except KubeError as error:
            return found, _unread(error, EVENTS, self._namespace)
        return found, f"Events are not all read: namespace {self._namespace} holds too many."

    async def _optional(self, resource: Resource, labels: str) -> tuple[Sequence[Obj], str]:
        try:
            listed = await self._kube.list(resource, self._namespace, labels=labels)
        except NotFound:
            return (), ""  # no metrics are served here, which is a way to run a cluster
        except KubeError as error:
            return (), _unread(error, resource, self._namespace)
        return listed["items"], ""


def _unread(error: KubeError, resource: Resource, namespace: str) -> str:
    hint = remedy(error, "list", resource, namespace)
    return f"{resource.kind} objects cannot be read: {error}" + (f"; {hint}" if hint else "")
