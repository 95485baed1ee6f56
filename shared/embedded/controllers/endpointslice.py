"""EndpointSlice controller: writes the endpoints of each Service that has a selector.

What they are is decided in `endpoints`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.embedded.controllers import endpoints
from shared.embedded.controllers.cache import SERVICE_NAME, key_of
from shared.embedded.controllers.pods import is_terminating
from shared.embedded.kinds import ENDPOINT_SLICE, NODE, POD, SERVICE
from shared.embedded.schema.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.api.operations import Api, Change
    from shared.embedded.controllers.cache import Cache, Key
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

MANAGER = "kube-controller-manager"
TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time"


class EndpointSlices:
    """Reconciles the slices of one Service a call."""

    def __init__(self, api: Api, cache: Cache, clock: Clock) -> None:
        self._api = api
        self._cache = cache
        self._clock = clock

    def keys(self, change: Change) -> Iterator[Key]:
        """Which Services a change concerns."""
        if change.kind is SERVICE:
            yield key_of(change.object)
        elif change.kind is POD:
            for pod in (change.object, change.old):
                if pod is not None:
                    yield from map(key_of, self._cache.selecting(pod))
        elif change.kind is NODE and change.type != "MODIFIED":  # pods without one are left out
            for pod in self._cache.on_node(change.object["metadata"]["name"]):
                yield from map(key_of, self._cache.selecting(pod))
        elif change.kind is ENDPOINT_SLICE:
            name = (change.object["metadata"].get("labels") or {}).get(SERVICE_NAME)
            if name is not None:
                yield change.object["metadata"]["namespace"], name

    def reconcile(self, key: Key) -> float | None:
        """Make the slices of Service `key` what its pods say."""
        service = self._cache.get(SERVICE, key)
        if service is None or is_terminating(service) or not service["spec"].get("selector"):
            return None  # the slices of a deleted Service go with it: they are owned
        if service["spec"]["type"] == "ExternalName":
            return None
        namespace, name = key
        labelled = self._cache.labelled(POD, namespace, service["spec"]["selector"])
        publish = service["spec"].get("publishNotReadyAddresses", False)
        pods = [pod for pod in labelled if publish or self._has_node(pod)]
        mine = {SERVICE_NAME: name, endpoints.MANAGED_BY: endpoints.MANAGER}
        slices = self._cache.labelled(ENDPOINT_SLICE, namespace, mine)
        wanted, unwanted = endpoints.lay_out(service, pods, slices)
        existing = {each["metadata"]["name"]: each for each in slices}
        for each in wanted:
            self._write(service, each, existing.get(each["metadata"].get("name")))
        for each in unwanted:
            self._api.delete(ENDPOINT_SLICE, each["metadata"]["name"], namespace)
        return None

    def _has_node(self, pod: Obj) -> bool:
        return self._cache.get(NODE, ("", pod["spec"].get("nodeName", ""))) is not None

    def _write(self, service: Obj, wanted: Obj, existing: Obj | None) -> None:
        wanted = _normal(wanted, endpoints.labels(service))
        if existing is not None and wanted == _normal(existing, existing["metadata"]["labels"]):
            return
        stamp = {TRIGGER_TIME: timestamp(self._clock.now())}
        annotations = {**(wanted["metadata"].get("annotations") or {}), **stamp}
        wanted["metadata"] = {**wanted["metadata"], "annotations": annotations}
        if existing is None:
            namespace = service["metadata"]["namespace"]
            self._api.create(ENDPOINT_SLICE, wanted, namespace, manager=MANAGER)
        else:
            self._api.update(ENDPOINT_SLICE, wanted, manager=MANAGER)


def _normal(endpoint_slice: Obj, labels: dict[str, str]) -> Obj:
    """Empty lists as null, as Kubernetes' controller writes them."""
    return {
        **endpoint_slice,
        "metadata": {**endpoint_slice["metadata"], "labels": labels},
        "endpoints": endpoint_slice.get("endpoints") or None,
        "ports": endpoint_slice.get("ports") or None,
    }
