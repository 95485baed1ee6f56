"""What a gateway counts of the requests, which come at random.

The cluster's model is a fluid, but requests are whole: with random arrivals and stays the number in
flight scatters around its mean N by √N, and forgets where it was as those it counted go. In the
limit of many that is an Ornstein-Uhlenbeck process (M/M/∞ in heavy traffic; Iglehart 1965), whose
value after a second and whose mean over it have a joint normal law: no request need be drawn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import exp, sqrt
from typing import TYPE_CHECKING

from scaler.decision.types import Load
from scaler.sources.in_flight import WINDOW_S, rounded_up

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from scaler.simulator.cluster import Cluster
    from scaler.simulator.pod import SimPod
    from scaler.simulator.scenario import World

View = Callable[["Gateway"], int]
"""How a controller sees the requests in flight."""


def counted(gateway: Gateway) -> int:
    """Those of this instant, as KEDA's http add-on reads them."""
    return gateway.in_flight


def of_a_second(gateway: Gateway) -> int:
    """The mean of the last second, as Knative's proxies report it."""
    return round(gateway.means[-1])


def averaged(gateway: Gateway) -> int:
    """The mean that the scaler takes of what the gateway publishes."""
    return rounded_up(sum(gateway.means) / len(gateway.means))


class Gateway:
    """The requests of each second: those in flight at its end, and the means over the last ones.

    `view` is how the controller sees them. With `exact` work is due as long as a request lives, so
    the cluster's work tells how many there are, and no chance is added to that.
    """

    def __init__(self, world: World, random: Random, view: View, *, exact: bool = False) -> None:
        self.in_flight = 0
        self.load: Load | None = None
        self.means: deque[float] = deque(maxlen=round(WINDOW_S))
        self._world = world
        self._view = view
        self._arrivals = 0
        self._exact = exact
        self._request_seconds = 0.0
        self._scatter = OrnsteinUhlenbeck(residence_s(world), random)

    def step(self, now: float, cluster: Cluster, arrivals: int) -> Load:
        """What is read at the end of a second in which so many requests came, and the cluster
        served what it says.

        While work waits every slot is taken, and nothing is left to chance.
        """
        world = self._world
        expected = cluster.served / world.limit_m * world.concurrency
        scatter = 0.0 if self._exact or cluster.backlog > 0 else sqrt(expected)
        last, over = self._scatter.second()
        self.in_flight = max(0, round(expected + scatter * last))
        self.means.append(max(0.0, expected + scatter * over))
        waiting = round(cluster.backlog / world.request_work_m)
        self._arrivals += arrivals
        self._request_seconds += self.means[-1]
        self.load = Load(now, self._view(self), waiting, self._arrivals, self._request_seconds)
        return self.load

    def shares(self, ready: Sequence[SimPod]) -> dict[str, int]:
        """The requests in flight at this instant with each of the `ready` pods, by its name: as
        evenly as the balancer gives them out; the youngest have none where they are fewer."""
        if not ready:
            return {}
        each, more = divmod(self.in_flight, len(ready))
        return {pod.name: each + (place < more) for place, pod in enumerate(ready)}


def residence_s(world: World) -> float:
    """How long a request is in flight, for a pod at its limit to have `concurrency` of them
    (Little's law)."""
    return world.concurrency * world.request_work_m / world.limit_m


class OrnsteinUhlenbeck:
    """A process of variance 1 and mean 0 that forgets at the rate at which requests go."""

    def __init__(self, stay: float, random: Random) -> None:
        kept = exp(-1 / stay)
        self._kept, self._over = kept, stay * (1 - kept)
        self._spread = sqrt(1 - kept**2)
        self._shared = stay * (1 - kept) ** 2 / self._spread
        rest = 2 * stay * (1 - 2 * self._over + stay * (1 - kept**2) / 2) - self._shared**2
        self._own = sqrt(max(0.0, rest))
        self._random = random
        self._now = random.gauss(0.0, 1.0)

    def second(self) -> tuple[float, float]:
        """Its value at the end of the next second, and its mean over that second."""
        first, second = self._random.gauss(0.0, 1.0), self._random.gauss(0.0, 1.0)
        over = self._over * self._now + self._shared * first + self._own * second
        self._now = self._kept * self._now + self._spread * first
        return self._now, over
