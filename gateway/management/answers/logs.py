"""The log lines of all pods of a service: the newest, or page by page from a cursor on.

Called by `calls`. OSCAR's answer has the newest lines; pages, names of pods and the run before are
ours, and only in the answer of a call that asks for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gateway.management.answers import log_cursor
from gateway.management.answers.log_lines import Line, mixed, split
from gateway.management.objects.pod import CONTAINER
from gateway.management.store.catalog import NS
from shared.kube.errors import Forbidden, Invalid, KubeError, NotFound
from shared.kube.resources import PODS
from shared.service import names

if TYPE_CHECKING:
    from gateway.management.answers.log_cursor import Cursor, Position
    from shared.kube.client import KubeClient
    from shared.service.objects import Obj

DEFAULT_LINES: Final = 200
MOST_LINES: Final = 1000
MOST_PODS: Final = 20
"""Pods whose logs are read for one answer, the newest."""
PAGE_BYTES: Final = 1024 * 1024
"""Of each pod's log that a page is made of; more only where one second holds more."""
MOST_BYTES: Final = 16 * 1024 * 1024
_YES: Final = ("1", "t", "true")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks of the logs."""

    lines: int = DEFAULT_LINES
    timestamps: bool = False
    since_seconds: int | None = None
    """Only lines of the last so many seconds."""
    previous: bool = False
    """The run before the present one of each container."""
    pods: bool = False
    """Each line names its pod, and the answer has the cursor of what follows."""
    after: Cursor | None = None
    """The oldest lines beyond it; None asks for the newest."""


def wanted(query: Mapping[str, str]) -> Wanted:
    """What the query of a call asks for; raises CursorError."""
    after = query.get("after")
    return Wanted(
        lines=min(_number(query.get("tailLines", "")), MOST_LINES) or DEFAULT_LINES,
        timestamps=is_true(query.get("timestamps", "")),
        since_seconds=_number(query.get("sinceSeconds", "")) or None,
        previous=is_true(query.get("previous", "")),
        pods=after is not None or is_true(query.get("pods", "")),
        after=None if after is None else log_cursor.decode(after),
    )


def is_true(text: str) -> bool:
    """Whether a switch of a query is on, as OSCAR's own reader of them has it."""
    return text.lower() in _YES


def _number(text: str) -> int:
    """The number above zero that `text` states, else 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@dataclass(slots=True)
class _Log:
    """What was read of one pod's log, beyond the client's cursor."""

    pod: str
    lines: list[Line]
    position: Position | None = None
    more: bool = False
    """The log goes on after these lines."""


async def read_logs(
    kube: KubeClient, name: str, asked: Wanted, namespace: str = NS
) -> dict[str, Any]:
    """The answer: `asked.lines` lines at most, all pods mixed by time."""
    listed = await kube.list(PODS, namespace, labels=names.pod_selector(name))
    pods = newest(listed["items"])
    problem = "" if pods else "The service has no pods."
    if len(pods) < len(listed["items"]):
        problem = f"These are the logs of the {len(pods)} newest of {len(listed['items'])} pods."
    logs: list[_Log] = []
    for pod in pods:
        try:
            logs.append(await _read(kube, pod, asked))
        except KubeError as error:
            if isinstance(error, Forbidden):
                raise
            problem = f"Logs of pod {pod['metadata']['name']} are not available: {error.message}"
    taken = _mixed(logs)[-asked.lines :] if asked.after is None else _oldest(logs, asked.lines)
    answer: dict[str, Any] = {"service_name": name, "available": bool(taken or logs)}
    if problem:
        answer["message"] = problem
    answer["entries"] = [_entry(pod, line, asked) for pod, line in taken]
    if asked.pods:
        kept = {pod["metadata"]["name"] for pod in pods}
        before = {pod: at for pod, at in (asked.after or {}).items() if pod in kept}
        answer["next"] = log_cursor.encode({**before, **_next(logs, taken, asked)})
    return answer


def newest(pods: Iterable[Obj]) -> Sequence[Obj]:
    """The pods whose logs are read, the oldest of them first."""
    return sorted(pods, key=_born)[-MOST_PODS:]


def _born(pod: Obj) -> tuple[str, str]:
    return str(pod["metadata"].get("creationTimestamp")), pod["metadata"]["name"]


async def _read(kube: KubeClient, obj: Obj, asked: Wanted) -> _Log:
    pod: str = obj["metadata"]["name"]
    path = PODS.path(obj["metadata"]["namespace"], pod, "log")
    if asked.after is None:
        return _Log(pod, split(await _text(kube, path, asked, f"&tailLines={asked.lines}")))
    position = asked.after.get(pod)
    since = f"&sinceTime={position.moment[0]}Z" if position else ""
    limit = PAGE_BYTES
    while True:
        text = await _text(kube, path, asked, f"{since}&limitBytes={limit}")
        more = len(text.encode()) >= limit - 3  # a character may have been cut
        if more and limit < MOST_BYTES:
            text = text[: text.rfind("\n") + 1]
        lines = log_cursor.beyond(split(text), position)
        if lines or not more or limit >= MOST_BYTES:
            return _Log(pod, lines, position, more)
        limit *= 4


async def _text(kube: KubeClient, path: str, asked: Wanted, bounds: str) -> str:
    query = f"container={CONTAINER}&timestamps=true{bounds}"
    if asked.since_seconds and "sinceTime" not in bounds:
        query += f"&sinceSeconds={asked.since_seconds}"
    if asked.previous:
        query += "&previous=true"
    try:
        return await kube.text(f"{path}?{query}")
    except NotFound:  # it ended between the list and now
        return ""
    except Invalid:
        if asked.previous:  # there was no run before
            return ""
        raise


def _oldest(logs: Iterable[_Log], most: int) -> list[tuple[str, Line]]:
    """The oldest lines, none later than the end of a log of which more is to be read."""
    ends = [log.lines[-1].moment for log in logs if log.more and log.lines]
    return [one for one in _mixed(logs) if not ends or one[1].moment <= min(ends)][:most]


def _mixed(logs: Iterable[_Log]) -> list[tuple[str, Line]]:
    return mixed((log.pod, line) for log in logs for line in log.lines)


def _next(logs: Iterable[_Log], taken: list[tuple[str, Line]], asked: Wanted) -> Cursor:
    """The cursor after this answer: of the newest lines all count as given, also older ones."""
    given: dict[str, list[Line]] = {}
    for pod, line in taken:
        given.setdefault(pod, []).append(line)
    positions = {
        log.pod: log_cursor.moved(
            log.position, log.lines if asked.after is None else given.get(log.pod, [])
        )
        for log in logs
    }
    return {pod: position for pod, position in positions.items() if position is not None}


def _entry(pod: str, line: Line, asked: Wanted) -> dict[str, str]:
    entry = {"timestamp": line.time} if asked.timestamps else {}
    entry["message"] = line.text
    return entry | {"pod": pod} if asked.pods else entry
