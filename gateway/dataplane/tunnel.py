"""A connection that switched protocols: bytes both ways, until either side closes.

Made by the exchange after a pod's 101; from then on it serves both connections in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gateway.dataplane.flow import throttle
from gateway.protocol.reasons import Refusal

if TYPE_CHECKING:
    from gateway.dataplane.roles import Client, Pod
    from gateway.services.route import Route


class Switched(Protocol):
    """The exchange that became a tunnel."""

    def client_gone(self) -> None:
        """The client left."""

    def client_stuck(self) -> None:
        """The client does not read."""

    def tunnel_over(self, reason: str) -> None:
        """End in good order: the pod's end is gone, or `reason`."""

    def refuse(self, refusal: Refusal) -> None:
        """Cut it off, and say why in the log."""


class Tunnel:
    """Relays between `client` and `upstream`, a pod of `route`."""

    is_tunnel = True

    def __init__(self, owner: Switched, route: Route, client: Client, upstream: Pod) -> None:
        self._owner = owner
        self.route = route
        self._idle = route.idle
        self._client = client
        self._upstream = upstream
        self._half_closed = False
        """One side sends no more; when the other does neither, all is over."""
        self.bytes_in = 0
        self.bytes_out = 0

    def begin(self) -> None:
        """Take over both ends."""
        self._upstream.exchange = None
        self._upstream.tunnel = self
        self._client.exchange = self
        self.route.state.stats.tunnel_opened()
        self._client.within(self.route.idle)
        self._client.release()

    # What both do for each message is `Pod.write`, `Client.write` and `Client.within`, in place.

    def client_data(self, data: bytes) -> None:
        self.bytes_in += len(data)
        transport = self._upstream.transport
        if transport is not None:
            transport.write(data)
        client = self._client
        deadline = client.deadline = client.context.now + self._idle
        if deadline < client.look:
            client.context.deadlines.watch(client)

    def relay(self, data: bytes) -> None:
        self.bytes_out += len(data)
        client = self._client
        transport = client.transport
        if transport is not None:
            transport.write(data)
        deadline = client.deadline = client.context.now + self._idle
        if deadline < client.look:
            client.context.deadlines.watch(client)

    def client_ended(self) -> bool:
        first, self._half_closed = not self._half_closed, True
        if first:
            self._upstream.end()
        return first

    def upstream_ended(self) -> bool:
        first, self._half_closed = not self._half_closed, True
        return first and self._client.end()

    def client_stalls(self, *, stalled: bool) -> None:
        throttle(self._upstream, stalled=stalled)

    def upstream_stalls(self, *, stalled: bool) -> None:
        throttle(self._client, stalled=stalled)

    def client_gone(self) -> None:
        self._owner.client_gone()

    def client_stuck(self) -> None:
        self._owner.client_stuck()

    def lost(self, upstream: Pod, error: Exception | None) -> None:
        self._owner.tunnel_over("")

    def withdrawn(self) -> None:
        """Nothing but the end of the connection says so: a Close frame (RFC 6455, section 5.5.1)
        may stand between two frames only, and where one ends is not known to who only relays."""
        self._owner.tunnel_over("access_withdrawn")

    def shut_down(self) -> None:
        self._owner.tunnel_over("shutting_down")

    def expired(self) -> None:
        self._owner.refuse(Refusal("idle_timeout", seconds=self.route.spec.timeouts.idle))

    def __repr__(self) -> str:
        return f"<Tunnel {self.bytes_in} bytes in, {self.bytes_out} out>"
