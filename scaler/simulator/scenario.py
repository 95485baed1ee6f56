"""A load and what happens to the cluster meanwhile: one run without a policy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from scaler.simulator import shapes, traffic
from scaler.simulator.arrivals import drawn
from scaler.simulator.traffic import Traffic
from scaler.simulator.work import over_lives, per_second

Curve = Callable[[Random, int, float], list[float]]

_BEFORE_S = 120


@dataclass(frozen=True, slots=True)
class World:
    """The cluster and the service, as the model needs them. Times in seconds, CPU in milliCPU.

    A pod can do `limit_m` of work a second. `start_s` is the range of the time from the start of
    a pod to its readiness, during which it burns `start_cpu_m`. Requests give up after waiting
    `patience_s`; one request is `request_work_m` milliCPU-seconds of work, and a pod that works
    at its limit has `concurrency` of them in flight.

    With `holds_s` what comes while there is no pod is held so long, by a gateway that knows of
    services that sleep; None: it gives up after `patience_s` of what could have been done.

    Faults: `ready_at_start` False is a service that is new; a container ends `run_s` after each of
    its starts; the image of a rollout is not `pullable`; a server that `spins` uses its limit with
    and without requests.
    """

    minimum: int = 1
    maximum: int = 10
    target_pct: int = 80
    request_m: int = 1000
    limit_m: int = 1000
    schedule_s: float = 2.0
    start_s: tuple[float, float] = (8.0, 16.0)
    start_cpu_m: int = 900
    grace_s: float = 5.0
    patience_s: float = 30.0
    holds_s: float | None = None
    slo_wait_s: float = 0.5
    request_work_m: float = 50.0
    concurrency: int = 8
    imbalance: float = 0.05
    mean_time_to_failure_s: float | None = None
    rollouts: tuple[int, ...] = ()
    outages: tuple[tuple[int, int], ...] = ()
    restarts: tuple[int, ...] = ()
    ready_at_start: bool = True
    run_s: float | None = None
    pullable: bool = True
    spins: bool = False

    @property
    def capacity_at_target(self) -> float:
        """Load that one pod takes when its utilisation is at the target, or at its limit."""
        return min(1.0, self.target_pct / 100 * self.request_m / self.limit_m)

    def requests(self, random: Random, load: Sequence[float]) -> tuple[int, ...]:
        """The requests of each second that bring a `load` of pods' work in the mean, by chance."""
        per_pod = self.limit_m / self.request_work_m
        return drawn(random, [level * per_pod for level in load])


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named kind of run; `build` makes one instance of it from a seed.

    It is a curve of work, or traffic: requests, each of which brings its work with it. With `cost`
    they take `cost(second, seconds)` times as much as usual.
    """

    name: str
    source: Curve | Traffic
    world: World = field(default_factory=World)
    seconds: int = 3600
    peak: float = 7.5
    noise: float = 0.03
    cost: Callable[[int, int], float] | None = None

    def build(self, seed: int) -> Run:
        """The world and the load of `seed`; equal seeds give equal runs."""
        random = Random(f"{self.name} {seed}")  # the same load for every policy
        if isinstance(self.source, Traffic):
            load, arrivals = self._requests(self.source, random)
            lives = self.source.lives
        else:
            curve = self.source(random, self.seconds, self.peak)
            load, arrivals = tuple(shapes.with_noise(random, curve, self.noise)), ()
            lives = False
        if self.cost is not None:
            load, arrivals = self._costing(self.cost, load, arrivals, random)
        shift = random.randrange(60)
        world = replace(
            self.world,
            rollouts=tuple(at + shift for at in self.world.rollouts),
            outages=tuple((a + shift, b + shift) for a, b in self.world.outages),
            restarts=tuple(at + shift for at in self.world.restarts),
        )
        return Run(self.name, seed, world, load, arrivals=arrivals, lives=lives)

    def _costing(
        self,
        cost: Callable[[int, int], float],
        load: tuple[float, ...],
        arrivals: tuple[int, ...],
        random: Random,
    ) -> tuple[tuple[float, ...], tuple[int, ...]]:
        """The same requests, and their work."""
        counts = arrivals or self.world.requests(random, load)
        return tuple(each * cost(at, len(load)) for at, each in enumerate(load)), counts

    def _requests(
        self, traffic: Traffic, random: Random
    ) -> tuple[tuple[float, ...], tuple[int, ...]]:
        """The load and the requests of each second. Some came before it began, and are there."""
        limit, work = self.world.limit_m, self.world.request_work_m
        rate, seconds = self.peak * traffic.mean * limit / work, self.seconds + _BEFORE_S
        requests = traffic.requests(random, seconds, rate, work)
        counts = per_second(requests, seconds)
        if traffic.lives:
            due = over_lives(requests, limit / self.world.concurrency, seconds)
        else:
            due = [count * work for count in counts]
        return tuple(milli / limit for milli in due[_BEFORE_S:]), counts[_BEFORE_S:]


@dataclass(frozen=True, slots=True)
class Run:
    """One instance of a scenario: `load` in pods' worth of work, one number a second.

    `arrivals` are the requests of each second; empty: as many as the load's work takes, by chance.
    `lives` says that `load` is what they use as long as each lives (see `work`), not what came.
    `found` are the pods that are there at the beginning; None: as many as the first second needs.
    Chance is drawn by the seed and by `draw`; empty: by the name of the scenario.
    """

    scenario: str
    seed: int
    world: World
    load: tuple[float, ...]
    draw: str = ""
    arrivals: tuple[int, ...] = ()
    lives: bool = False
    found: int | None = None

    def __post_init__(self) -> None:
        if self.arrivals and len(self.arrivals) != len(self.load):
            raise ValueError(
                f"arrivals are of {len(self.arrivals)} seconds, load of {len(self.load)}; give one "
                "number for each second of both"
            )


def found_replicas(run: Run) -> int:
    """The pods that are there at the beginning."""
    return _ideal(run.load[0], run.world) if run.found is None else run.found


def needed_replicas(load: float, world: World) -> int:
    """Least replicas that keep utilisation at the target under `load`, without any bounds."""
    return math.ceil(load / world.capacity_at_target - 1e-9)


def ideal_replicas(run: Run) -> list[int]:
    """Least replicas that keep utilisation at the target in each second, within the bounds."""
    return [_ideal(load, run.world) for load in run.load]


def _ideal(load: float, world: World) -> int:
    return min(world.maximum, max(world.minimum, needed_replicas(load, world)))


_SLOW = World(start_s=(60.0, 90.0))
_MODEL = World(maximum=20, request_work_m=1000.0)
_SITE = World(maximum=20, request_work_m=2000.0)

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("step-up", shapes.step_up),
        Scenario("step-down", shapes.step_down),
        Scenario("ramp", shapes.ramp),
        Scenario("sine-120", shapes.sine(120)),
        Scenario("sine-300", shapes.sine(300)),
        Scenario("sine-1200", shapes.sine(1200)),
        Scenario("square", shapes.square),
        Scenario("spike", shapes.spike),
        Scenario("sawtooth", shapes.sawtooth),
        Scenario("flash-crowd", shapes.flash_crowd),
        Scenario("on-off", shapes.on_off),
        Scenario("diurnal", shapes.diurnal, seconds=7200, noise=0.08),
        Scenario("edge", shapes.edge),
        Scenario("rollout", shapes.constant, World(rollouts=(900, 2100))),
        Scenario("outage", shapes.sine(1200), World(outages=((700, 1000), (2000, 2240)))),
        Scenario("slow-starters", shapes.step_up, _SLOW),
        Scenario("failures", shapes.constant, World(mean_time_to_failure_s=1500.0)),
        Scenario("restart", shapes.square, World(restarts=(800, 1900, 2700))),
        Scenario("traffic-code", traffic.CODE_COMPLETION, _MODEL, peak=15.0),
        Scenario("traffic-conversation", traffic.CONVERSATIONS, _MODEL, peak=15.0),
        Scenario("traffic-web", traffic.WEB, _SITE, peak=15.0),
    )
}
"""The built-in scenarios, by name."""

TRAFFIC = tuple(name for name, one in SCENARIOS.items() if isinstance(one.source, Traffic))
"""Those that have the spread of real traffic; the others are smooth."""
