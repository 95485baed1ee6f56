"""A load that was recorded, as runs: what its file counts, in a service's terms.

Each reader takes `note`, which is told what is odd, and raises InputError.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Final

from scaler.simulator.arrivals import rounded
from scaler.simulator.inputs import InputError
from scaler.simulator.load_file import LoadError, read_load
from scaler.simulator.load_requests import Request, read_requests, seconds_of
from scaler.simulator.scenario import Run, World, needed_replicas
from scaler.simulator.tokens import WEIGHTS, Weights
from scaler.simulator.work import over_lives, per_second

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scaler.simulator.inputs import Note

_INTERVALS: Final = "requests-per-interval"
_TOKENS: Final = "tokens"
UNITS: Final = ("cores", "millicores", "cpu-seconds", "requests", _INTERVALS, _TOKENS)
"""What a recorded load may count: CPU in use, a counter of CPU used, requests a second, all
requests from one point to the next, as clouds' metrics have them, or the tokens of each request."""

_REQUESTS: Final = ("requests", _INTERVALS)
_LOW_PEAK: Final = 0.05


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded load in pods' worth of work a second, and the requests of each second; the rest is
    as in `Run`."""

    load: tuple[float, ...]
    arrivals: tuple[int, ...] = ()
    lives: bool = False


def read_recording(
    path: Path,
    unit: str,
    world: World,
    note: Note,
    scale: float = 1.0,
    weights: Weights = WEIGHTS,
) -> Recorded:
    """The load in `path`, `scale` times; `weights` tell requests' costs by their tokens."""
    try:
        if unit == _TOKENS:
            recorded = _of_tokens(read_requests(path.read_bytes()), world, weights, scale)
        else:
            recorded = _of_series(path.read_bytes(), unit, world, note, scale)
    except LoadError as error:
        raise InputError(str(error)) from error
    _note_peak(max(recorded.load), unit, world, note)
    return recorded


def _of_tokens(requests: list[Request], world: World, weights: Weights, scale: float) -> Recorded:
    """Each request costs by its tokens, and the mean one as much as where all cost the same."""
    costs = [weights.cost(each.prompt, each.generated) for each in requests]
    seconds = seconds_of(requests)
    if not any(costs):
        raise LoadError("no request costs anything; give tokens, or other costs of them")
    mean = world.request_work_m / fmean(costs)
    each = [(second, cost * mean) for second, cost in zip(seconds, costs, strict=True)]
    due = over_lives(each, world.limit_m / world.concurrency, seconds[-1] + 1)
    counts = per_second(each, seconds[-1] + 1)
    load = tuple(scale * milli / world.limit_m for milli in due)
    return Recorded(load, rounded(scale * count for count in counts), lives=True)


def _of_series(data: bytes, unit: str, world: World, note: Note, scale: float) -> Recorded:
    """Requests counted each second are the arrivals; means over longer times say nothing of single
    seconds, so then they are left to chance."""
    recording = read_load(data, counter=unit == "cpu-seconds", intervals=unit == _INTERVALS)
    milli = {"millicores": 1.0, **dict.fromkeys(_REQUESTS, world.request_work_m)}.get(unit, 1000.0)
    load = tuple(scale * value * milli / world.limit_m for value in recording.values)
    whole = unit in _REQUESTS and recording.usual_s <= 1
    arrivals = rounded(scale * value for value in recording.values) if whole else ()
    for sentence in recording.notes:
        note(sentence)
    return Recorded(load, arrivals)


def _note_peak(most: float, unit: str, world: World, note: Note) -> None:
    """Whether the unit may be another one: the load does not fit the service."""
    peak = needed_replicas(most, world)
    if peak > world.maximum:
        note(
            f"its peak needs {peak:,} replicas, but {world.maximum} is the most allowed; if the "
            f"unit is not {unit}, say so"
        )
    if most < _LOW_PEAK:
        note(f"it never fills a twentieth of one pod; if the unit is not {unit}, say so")


def recorded_runs(path: Path, recorded: Recorded, world: World, seeds: Iterable[int]) -> list[Run]:
    """Runs of a recorded load, named as its file; what the file is called changes nothing else."""
    name = path.name.split(".")[0]
    load, arrivals, lives = recorded.load, recorded.arrivals, recorded.lives
    return [Run(name, seed, world, load, "recorded", arrivals, lives) for seed in seeds]
