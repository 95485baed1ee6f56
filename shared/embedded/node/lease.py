"""The sign of life of a node: its Lease in the namespace kube-node-lease, renewed again and again.

What the kubelet does beside its much larger and rarer status. Run by the node agent.
https://kubernetes.io/docs/concepts/architecture/leases/#node-heart-beats
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from shared.embedded.errors import StatusError
from shared.embedded.kinds import LEASE, NODE
from shared.embedded.schema.times import micro_timestamp

if TYPE_CHECKING:
    from shared.embedded.api.operations import Api
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

NAMESPACE: Final = "kube-node-lease"
DURATION: Final = 40
"""Seconds without a renewal after which others may take the node for dead."""
PERIOD: Final = DURATION / 4
"""Seconds between renewals; the kubelet's share of the duration."""
MANAGER: Final = "kubelet"


class NodeLease:
    """Keeps the Lease of the node `name` fresh."""

    def __init__(self, api: Api, clock: Clock, name: str) -> None:
        self._api = api
        self._clock = clock
        self._name = name
        self._failing = False

    async def run(self) -> None:
        """For ever; a renewal that fails is told once and tried again."""
        while True:
            try:
                self.renew()
                self._failing = False
            except StatusError as error:
                if not self._failing:
                    log.warning("the lease of node %s was not renewed: %s", self._name, error)
                self._failing = True
            await self._clock.sleep(PERIOD)

    def renew(self) -> None:
        """Write the Lease, made anew when it is missing; raises StatusError."""
        known = self._api.find(LEASE, self._name, NAMESPACE)
        lease = known or {"metadata": {"name": self._name, "ownerReferences": self._owners()}}
        spec = {
            "holderIdentity": self._name,
            "leaseDurationSeconds": DURATION,
            "renewTime": micro_timestamp(self._clock.now()),
        }
        body = {**lease, "spec": {**lease.get("spec", {}), **spec}}
        if known is None:
            self._api.create(LEASE, body, NAMESPACE, manager=MANAGER)
        else:
            self._api.update(LEASE, body, manager=MANAGER)

    def _owners(self) -> list[Obj]:
        """The Node, so that the Lease goes with it."""
        node = self._api.get(NODE, self._name)
        uid = node["metadata"]["uid"]
        return [{"apiVersion": "v1", "kind": "Node", "name": self._name, "uid": uid}]
