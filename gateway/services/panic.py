"""Which pods a service goes on with when none of it is ready any more. Pure.

Asked by the balancer. A node that its cluster does not hear of makes all its pods unready at once,
while they go on serving: readiness then says something of the node, not of them. As Envoy's panic
threshold, this goes on with them rather than with none; unlike it, only with those that the gateway
has seen at work, and not for long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.services.spec import Endpoint

TOGETHER: Final = 5.0
"""Seconds within which all pods of a service must stop being ready. Pods that fail one after
another, as an application's do, are spread by the periods of their probes."""
RECENT: Final = 10.0
"""Seconds for which an answer counts as a sign of life, where no connection is open."""


class Pod(Protocol):
    """What is known of a pod that was ready before and runs."""

    @property
    def endpoint(self) -> Endpoint:
        """As the cluster states it."""

    @property
    def unready_since(self) -> float:
        """When it stopped being ready, monotonic seconds; 0 if it is ready, or never was."""

    @property
    def trusted(self) -> bool:
        """It was at work when it stopped being ready, and has not failed since."""


def together(pods: Iterable[Pod], now: float, longest: float) -> bool:
    """Whether all pods of a service have stopped being ready at once, less than `longest` seconds
    ago. Those that are terminating or were never ready say nothing; one that is ready ends it."""
    running = [one for one in pods if not one.endpoint.terminating]
    if any(one.endpoint.ready for one in running):
        return False
    turned = [one.unready_since for one in running if one.unready_since]
    if not turned:
        return False
    return max(turned) - min(turned) <= TOGETHER and now - max(turned) < longest


def at_work(*, answers: int, failures: int, connected: bool, silent: float) -> bool:
    """Whether a pod serves by the gateway's own evidence: it has answered, its last try did not
    fail, and a connection to it is open or it has been silent for but a few seconds."""
    return answers > 0 and failures == 0 and (connected or silent <= RECENT)
