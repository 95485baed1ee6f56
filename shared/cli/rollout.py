"""Waiting until a service runs as its definition says, telling what happens meanwhile.

Used by `apply --wait` and by `start`, `stop` and `restart` with it. What is waited for is what
`kubectl rollout status` waits for, asked of the services API about once a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import click

from shared.cli.client import LostError, ServicesApi
from shared.cli.exits import NotReadyError, UnreachableError
from shared.runtime.clock import Clock
from shared.runtime.printable import printable
from shared.service import durations
from shared.service.model import STARTUP_TIMEOUT

PERIOD: Final = 1.0
MARGIN: Final = 300.0
"""Seconds beside the start of a container: for a place, an image, and the pods of before."""
LONGEST: Final = 86_400.0

Say = Callable[[str], None]
Description = Mapping[str, Any]


class Duration(click.ParamType[float]):
    """Seconds, written as `90`, `90s` or `1m30s`."""

    name = "duration"

    def __init__(self, longest: float = LONGEST) -> None:
        self._longest = longest

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """The seconds; click's error if it is none."""
        try:
            return durations.bounded(0.0, self._longest)(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(str(error), param, ctx)


def wait_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--wait` and `--timeout`, as `wait` and `timeout` in seconds."""
    command = click.option(
        "--timeout",
        type=Duration(),
        default=None,
        help="How long to wait; else as long as a start may take by its definition, and 5m.",
    )(command)
    return click.option(
        "--wait", is_flag=True, help="Tell what happens until it runs; fail if it does not."
    )(command)


async def until_ready(
    api: ServicesApi, name: str, limit: float | None, clock: Clock, say: Say
) -> None:
    """Return when service `name` runs as it should; NotReadyError with the reason when its rollout
    fails, or does not end within `limit` seconds; None: what a start may take by its definition,
    and a margin. That the API is away for a while fails nothing."""
    seconds = patience({}) if limit is None else limit
    began = clock.monotonic()
    told = Told(name, say)
    while True:
        try:
            description = await api.describe(name)
        except (LostError, UnreachableError) as error:
            description, why = None, f": {error.message}"
        waited = clock.monotonic() - began
        if description is not None:
            seconds = patience(description) if limit is None else limit
            told.tell(description, waited)
            if is_done(description):
                return
            if reason := failure(description):
                raise NotReadyError(f"service/{name} does not come up: {reason}{hint(name)}")
            why = reason_of(description)
        if waited + PERIOD > seconds:
            raise NotReadyError(f"service/{name} is not ready after {seconds:g} s{why}{hint(name)}")
        await clock.sleep(PERIOD)


def patience(description: Description) -> float:
    """Seconds that a rollout may take."""
    definition = description.get("definition") or {}
    expose = definition.get("expose") or {}
    return float(expose.get("startup_timeout") or STARTUP_TIMEOUT) + MARGIN


class Told:
    """What was said of one service: each line, and each Event, once."""

    def __init__(self, name: str, say: Say) -> None:
        self._name = name
        self._say = say
        self._line = ""
        self._events: set[str] = set()

    def tell(self, description: Description, waited: float) -> None:
        """Say what is new; Events from before the waiting, `waited` seconds ago, are not."""
        begin = _seconds(str(description.get("time", ""))) - waited - 1.0
        for event in description.get("events") or ():
            line = printable(f"{event.get('object')}: {event.get('reason')}: {event.get('note')}")
            if line not in self._events and _seconds(str(event.get("time") or "")) >= begin:
                self._events.add(line)
                self._say(f"  {line}")
        if (line := progress(description)) != self._line:
            self._say(f"service/{self._name} {line}")
        self._line = line
        if is_done(description) and (description.get("rollout") or {}).get("wanted"):
            self._say(f"service/{self._name} runs")


_AT_REST: Final = {"asleep": "sleeps until somebody asks for it", "pending": "is waking up"}
"""Why there are no pods, by state."""


def progress(description: Description) -> str:
    """One line on how far the rollout is."""
    rollout = description.get("rollout")
    if rollout is None:
        return "has no pods yet" if description.get("path") else "is not exposed"
    if not rollout["wanted"]:
        return _AT_REST.get((description.get("deployment") or {}).get("state", ""), "is stopped")
    old = f", {rollout['old']} of the version before" if rollout["old"] else ""
    line = f"{rollout['updated']} of {rollout['wanted']} pods started, {rollout['available']} ready"
    return line + old


def is_done(description: Description) -> bool:
    """Whether nothing is left to wait for; a service that is not exposed has nothing."""
    rollout = description.get("rollout")
    return bool(rollout["complete"]) if rollout else not description.get("path")


def failure(description: Description) -> str:
    """Why the rollout has ended without success; empty while it has not."""
    for one in (description.get("rollout") or {}).get("conditions") or ():
        if (one.get("type"), one.get("status")) == ("Progressing", "False"):
            return f"{one['reason']}: {one['message']}{_of_pods(description)}"
    return ""


def reason_of(description: Description) -> str:
    """Why it is not ready, as far as is known; begins with a colon, or is empty."""
    reason = (description.get("deployment") or {}).get("reason") or ""
    return (f": {reason}" if reason else "") + _of_pods(description)


def _of_pods(description: Description) -> str:
    """What the pods say that are not ready, each kind once."""
    pods: Sequence[Mapping[str, Any]] = description.get("pods") or ()
    words = [_of_pod(pod) for pod in pods if not pod.get("ready")]
    return "".join(words[:3])


def _of_pod(pod: Mapping[str, Any]) -> str:
    state, reason = str(pod.get("state") or ""), printable(str(pod.get("reason") or ""))
    told = reason if reason.startswith(state) else f"{state}: {reason}" if reason else state
    return f"\n  pod {pod['name']}: {told}"


def hint(name: str) -> str:
    """What to do next."""
    return f"\nsee `exposed describe {name}` and `exposed logs {name}`"


def _seconds(text: str) -> float:
    """RFC 3339 as seconds since the epoch; 0 for what is none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0
