"""A description of a service, as the services API gives it, told to people. Pure.

Whatever others wrote (Events, reasons of pods) is made safe for a terminal.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.cli.output import Column, table
from shared.cli.views.text import age, asleep, one_line
from shared.service import names

Object = Mapping[str, Any]


def lines(told: Object, endpoint: str, ca: Path | None = None) -> Iterator[str]:
    """The whole description; `endpoint` is the gateway by which the service is reached."""
    yield from _head(told, endpoint, ca)
    yield from _rollout(told)
    yield from _pods(told)
    yield from _scaler(told)
    yield from _section("Events", events(told.get("events") or (), told.get("time")))
    yield from (f"note: {one_line(note)}" for note in told.get("notes") or ())


def url(name: str, endpoint: str) -> str:
    """Where the service is reached."""
    return f"{endpoint}{names.base_path(name)}/"


def curl(definition: Object, endpoint: str, ca: Path | None = None) -> str:
    """A request to the service; its token is asked for when the line runs, not shown.

    `ca` is the file of the authorities by which the gateway is known, if not the system's."""
    name = definition["name"]
    guarded = (definition.get("expose") or {}).get("set_auth")
    proof = f'-u "{name}:$(exposed token {name})" ' if guarded else ""
    trust = f"--cacert {shlex.quote(str(ca))} " if ca is not None else ""
    return f"curl {trust}{proof}{url(name, endpoint)}"


def events(found: Sequence[Object], now: object) -> list[str]:
    """A table of Events; empty without any."""
    columns = [
        Column("LAST", lambda one: age(one.get("time"), now)),
        Column("TYPE", lambda one: one_line(one.get("type"))),
        Column("REASON", lambda one: one_line(one.get("reason"))),
        Column("OBJECT", lambda one: one_line(one.get("object"))),
        Column("COUNT", lambda one: str(one.get("count") or 1)),
        Column("NOTE", lambda one: one_line(one.get("note"))),
    ]
    return table(found, columns) if found else []


def _head(told: Object, endpoint: str, ca: Path | None) -> Iterator[str]:
    definition, state = told["definition"], told.get("deployment") or {}
    expose = definition.get("expose") or {}
    exposed = bool(told.get("path"))
    rows = [
        ("Name", definition["name"]),
        ("Namespace", told.get("namespace")),
        ("State", _state(state, told.get("time")) if exposed else "not exposed"),
        ("Reason", state.get("reason") if exposed and not _is_well(told) else ""),
        ("Owner", definition.get("owner")),
        ("Visibility", definition.get("visibility")),
        ("Image", definition.get("image")),
        ("CPU", definition.get("cpu")),
        ("Memory", definition.get("memory")),
    ]
    if exposed:
        rows += [
            ("Ports", ", ".join(map(str, expose.get("api_port") or ()))),
            ("Scale", _scale(expose)),
            ("Sleep", _sleep(expose)),
            ("Start", _span(expose, "startup_timeout")),
            ("End", _span(expose, "grace")),
            ("Access", _access(expose)),
            ("URL", url(definition["name"], endpoint)),
            ("Try", curl(definition, endpoint, ca)),
        ]
    for label, value in rows:
        if text := one_line(value):
            yield f"{label + ':':<12} {text}"


def _state(state: Object, now: object) -> object:
    told = state.get("state")
    return asleep(state.get("last_transition_time"), now) if told == "asleep" else told


def _is_well(told: Object) -> bool:
    """Whether there is no reason to give: it runs as it should, or is to have no pods."""
    state, rollout = (told.get("deployment") or {}).get("state"), told.get("rollout") or {}
    return state in ("stopped", "asleep") or (state == "ready" and bool(rollout.get("complete")))


def _scale(expose: Object) -> str:
    least, most = expose.get("min_scale"), expose.get("max_scale")
    return f"{least} to {most} pods, at {expose.get('cpu_threshold')} % of their CPU"


def _sleep(expose: Object) -> str:
    """Told where the definition says it."""
    after = (expose.get("scaling") or {}).get("zero_after")
    return f"no pods after {after} without a request (zero_after)" if after else ""


def _span(expose: Object, name: str) -> str:
    """Told where the definition says it."""
    return f"within {expose[name]} s ({name})" if expose.get(name) else ""


def _access(expose: Object) -> str:
    if not expose.get("set_auth"):
        return "open to everybody who reaches the gateway"
    return f"by token ({expose.get('auth_type') or 'basic'})"


def _rollout(told: Object) -> Iterator[str]:
    rollout = told.get("rollout")
    if rollout is None:
        return
    yield ""
    end = "complete" if rollout.get("complete") else "under way"
    yield (
        f"Rollout of revision {rollout.get('revision') or '?'}: {end}; "
        f"{rollout.get('updated')} of {rollout.get('wanted')} pods are of it, "
        f"{rollout.get('old')} of earlier ones; {rollout.get('ready')} ready, "
        f"{rollout.get('available')} available"
    )
    columns = [
        Column("CONDITION", lambda one: one_line(one.get("type"))),
        Column("STATUS", lambda one: one_line(one.get("status"))),
        Column("SINCE", lambda one: age(one.get("last_transition_time"), told.get("time"))),
        Column("REASON", lambda one: one_line(one.get("reason"))),
        Column("MESSAGE", lambda one: one_line(one.get("message"))),
    ]
    if conditions := rollout.get("conditions"):
        yield from _indented(table(conditions, columns))


def _pods(told: Object) -> Iterator[str]:
    pods: Sequence[Object] = told.get("pods") or ()
    columns = [
        Column("NAME", lambda one: one_line(one.get("name"))),
        Column("READY", lambda one: "yes" if one.get("ready") else "no"),
        Column("STATE", lambda one: one_line(one.get("state"))),
        Column("RESTARTS", lambda one: str(one.get("restarts") or 0)),
        Column("AGE", lambda one: age(one.get("created"), told.get("time"))),
        Column("REVISION", lambda one: str(one.get("revision") or "?")),
        Column("CPU", lambda one: _cpu(one.get("cpu"))),
        Column("MEMORY", lambda one: _memory(one.get("memory"))),
        Column("NODE", lambda one: one_line(one.get("node")) or "-"),
    ]
    yield from _section("Pods", table(pods, columns) if pods else [])
    for one in pods:
        if one.get("reason"):
            yield f"  {one.get('name')}: {one_line(one['reason'])}"
        elif end := one.get("last_end"):
            yield (
                f"  {one.get('name')}: ended {age(end.get('time'), told.get('time'))} ago and was "
                f"started again: {one_line(end.get('reason'))}, exit code {end.get('exit_code')}"
            )
    if left := told.get("pods_left_out"):
        yield f"  and {left} more"


def _cpu(cores: float | None) -> str:
    return "?" if cores is None else f"{round(cores * 1000)}m"


def _memory(size: int | None) -> str:
    return "?" if size is None else f"{round(size / 2**20)}Mi"


def _scaler(told: Object) -> Iterator[str]:
    decision = told.get("scaler")
    if not told.get("path"):
        return
    yield ""
    if decision is None:
        yield "Scaler: no change of size so far"
        return
    yield (
        f"Scaler: {age(decision.get('time'), told.get('time'))} ago, "
        f"{_move(decision)} pods"
        f"{_measure(decision)}{_words(', because ', decision.get('reasons'))}"
        f"{_words(', held by ', decision.get('limits'))}{_until(decision)}"
        f", policy {one_line(decision.get('policy'))}"
    )


def _move(decision: Object) -> str:
    before, after = decision.get("from"), decision.get("to")
    return f"hold {after}" if before == after else f"{before} → {after}"


def _measure(decision: Object) -> str:
    if decision.get("utilisation_pct") is None:
        return ""
    return f" at CPU {decision['utilisation_pct']} %, target {decision.get('target_pct')} %"


def _until(decision: Object) -> str:
    """The time of day until which the limits hold, of an RFC 3339 time in UTC."""
    time = decision.get("held_until")
    return f" until {one_line(time)[11:19]} UTC" if isinstance(time, str) else ""


def _words(before: str, words: object) -> str:
    given = [one_line(one) for one in words] if isinstance(words, list | tuple) else []
    return before + ", ".join(given) if given else ""


def _section(title: str, body: Sequence[str]) -> Iterator[str]:
    yield ""
    yield f"{title}:" if body else f"{title}: none"
    yield from _indented(body)


def _indented(body: Sequence[str]) -> Iterator[str]:
    yield from (f"  {line}" for line in body)
