"""Endpoints controller: keeps the object `Endpoints` of each Service that has a selector.

Nothing here reads them: EndpointSlices, which `endpointslice` writes, took their place. They are
for clients and people who still look there, and until the first of them does, they follow Services
but not pods: that would cost a third of each change of an endpoint. What is in them is decided in
`subsets`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.controllers import subsets
from shared.embedded.controllers.cache import key_of
from shared.embedded.controllers.endpointslice import TRIGGER_TIME
from shared.embedded.controllers.pods import is_ready, is_terminating
from shared.embedded.kinds import ENDPOINTS, POD, SERVICE
from shared.embedded.schema.times import timestamp
from shared.service.objects import annotations_of, labels_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.api.operations import Api, Change
    from shared.embedded.controllers.cache import Cache, Key
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

MANAGER: Final = "kube-controller-manager"


class Endpoints:
    """Reconciles the Endpoints of one Service a call."""

    def __init__(self, api: Api, cache: Cache, clock: Clock) -> None:
        self._api = api
        self._cache = cache
        self._clock = clock
        self._begun = False

    def begin(self) -> Iterator[Key]:
        """Keep them from now on: all Services and what an earlier run left, when first asked."""
        if not self._begun:
            self._begun = True
            yield from self._cache.all(SERVICE)
            yield from map(key_of, self._api.list(ENDPOINTS))

    def keys(self, change: Change) -> Iterator[Key]:
        """Which Services a change concerns."""
        if change.kind is SERVICE:
            yield key_of(change.object)
        elif not self._begun:
            return
        elif change.kind is ENDPOINTS and not _is_own(change):
            yield key_of(change.object)
        elif change.kind is POD and _matters(change):
            for pod in (change.object, change.old):
                if pod is not None:
                    yield from map(key_of, self._cache.selecting(pod))

    def reconcile(self, key: Key) -> float | None:
        """Make the Endpoints of Service `key` what its pods say."""
        namespace, name = key
        service = self._cache.get(SERVICE, key)
        existing = self._api.find(ENDPOINTS, name, namespace)
        if service is None:
            if existing is not None and _is_kept_here(existing):
                self._api.delete(ENDPOINTS, name, namespace)
            return None
        spec = service["spec"]
        if is_terminating(service) or not spec.get("selector") or spec["type"] == "ExternalName":
            return None
        self._write(service, existing)
        return None

    def _write(self, service: Obj, existing: Obj | None) -> None:
        namespace, name = key_of(service)
        pods = self._cache.labelled(POD, namespace, service["spec"]["selector"])
        found = subsets.subsets(service, pods)
        kept = subsets.truncated(found)
        metadata = (existing or {}).get("metadata") or {"name": name, "namespace": namespace}
        own = {**(metadata.get("annotations") or {}), subsets.OVER_CAPACITY: "truncated"}
        if kept is found:
            del own[subsets.OVER_CAPACITY]
        wanted: Obj = {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {**metadata, "labels": subsets.labels(service), "annotations": own},
            **({"subsets": kept} if kept else {}),
        }
        if existing is not None and _said(wanted) == _said(existing):
            return
        own[TRIGGER_TIME] = timestamp(self._clock.now())
        if existing is None:
            self._api.create(ENDPOINTS, wanted, namespace, manager=MANAGER)
        else:
            self._api.update(ENDPOINTS, wanted, manager=MANAGER)


def _said(endpoints: Obj) -> tuple[object, ...]:
    metadata = endpoints["metadata"]
    over = subsets.OVER_CAPACITY in (metadata.get("annotations") or {})
    return endpoints.get("subsets") or [], metadata.get("labels"), over


def _is_kept_here(endpoints: Obj) -> bool:
    labels = labels_of(endpoints)
    return bool(labels.get(subsets.MANAGED_BY) == subsets.MANAGER)


def _is_own(change: Change) -> bool:
    """A write of this controller, which needs no second look."""
    annotations = annotations_of(change.object)
    before = annotations_of(change.old)
    return change.type != "DELETED" and annotations.get(TRIGGER_TIME) != before.get(TRIGGER_TIME)


def _matters(change: Change) -> bool:
    """Whether a change of a pod can be one of an endpoint: most are not."""
    if change.old is None or change.type == "DELETED":
        return True
    return _place(change.object) != _place(change.old)


def _place(pod: Obj) -> tuple[object, ...]:
    status, metadata = pod.get("status", {}), pod["metadata"]
    return (
        *(status.get("podIP"), status.get("phase"), is_ready(pod), is_terminating(pod)),
        *(metadata.get("labels"), metadata.get("annotations"), pod["spec"].get("nodeName")),
    )
