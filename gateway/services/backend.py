"""One pod's address as the gateway sees it while it runs: load, health, idle connections.

The balancer chooses among these and judges them, the data plane keeps its connections there. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.services.places import Place
    from gateway.services.spec import Endpoint


class Backend:
    """A pod that stands, or stood, in its service's EndpointSlices."""

    __slots__ = (
        "accused",
        "ailing",
        "asked",
        "born",
        "complaint",
        "early",
        "ejected_at",
        "ejected_until",
        "ejections",
        "endpoint",
        "failures",
        "held",
        "idle",
        "in_flight",
        "label",
        "leaving",
        "mark",
        "opened",
        "opening",
        "penalty",
        "place",
        "released",
        "returned",
        "shared",
        "trouble",
        "trusted",
        "unready_since",
    )

    def __init__(self, endpoint: Endpoint, born: float) -> None:
        self.endpoint = endpoint
        self.label = f"{endpoint.address}:{endpoint.port}"
        self.mark = endpoint.mark
        """What its clients know it by."""
        self.born = born
        """When it was first seen, last became ready, or stopped being ready."""
        self.in_flight = 0
        self.place: Place | None = None
        """Where its requests are counted over all workers; None: they are not."""
        self.clear()
        self.penalty = 1.0
        """Factor on the load while the pod is new: 1 / its share."""
        self.leaving = False
        """No new requests: the endpoint is gone, terminating or not ready, and not `held`."""
        self.held = False
        """It is not ready and is gone on with all the same; see `panic`."""
        self.early = 0.0
        """Until when it may be used though the cluster has not said yet that it is ready; 0: it may
        not, and below 0: it may not any more."""
        self.unready_since = 0.0
        """When it stopped being ready; 0 if it is ready, or never was."""
        self.trusted = False
        """It was at work when it stopped being ready, and has not failed since."""
        self.opened = 0.0
        """When the first of those was let in who waited for it; 0: nobody did."""
        self.released = 0.0
        """When a request last gave its slot back."""
        self.idle: list[Any] = []
        """Connections without a request, the most recently used last; see `dataplane.pool`."""
        self.shared: list[Any] = []
        """Connections that take more requests beside those that they have: of HTTP/2."""
        self.opening: Any = None
        """The attempt to open another of these."""

    def clear(self) -> None:
        """Hold nothing against the pod: it is new, or has become ready again."""
        self.asked = self.in_flight
        """Requests it was given since then, with those it had."""
        self.ailing = False
        """Something of what follows is not as it was at first, so that good answers matter."""
        self.failures = 0
        """Consecutive ones."""
        self.complaint = ""
        """The reason of the last failure."""
        self.trouble = 0.0
        """Share of failures among its latest answers."""
        self.ejections = 0
        """Doublings of the next pause, before its health since `returned` is reckoned in."""
        self.ejected_at = self.ejected_until = self.returned = 0.0
        self.accused = 0
        """So many failures it is left out for, which others may turn out to answer as well."""

    @property
    def taken(self) -> int:
        """Requests in flight as a limit counts them: over all workers, where they are counted."""
        return self.in_flight if self.place is None else self.place.taken(self.in_flight)

    def __repr__(self) -> str:
        held = "held" if self.held else "ready"
        state = "leaving" if self.leaving else "ejected" if self.ejected_until else held
        return f"<{self.label} {state}, {self.in_flight} in flight, {len(self.idle)} idle>"
