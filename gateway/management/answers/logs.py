"""The newest log lines of all pods of a service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gateway.management.objects.pod import CONTAINER
from gateway.management.store.catalog import NS
from shared.kube.errors import Forbidden, KubeError, NotFound
from shared.kube.resources import PODS
from shared.service import names

if TYPE_CHECKING:
    from shared.kube.client import KubeClient

DEFAULT_LINES: Final = 200
MOST_LINES: Final = 1000
MOST_PODS: Final = 20
"""Pods whose logs are read for one answer, the newest first."""


_STAMPED: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|[+-]\d\d:\d\d) ?", re.ASCII
)


class Line(NamedTuple):
    """One line of a pod's log."""

    moment: tuple[str, str]
    """Seconds, and nanoseconds in nine digits; never earlier than that of the line before."""
    time: str
    """As the node wrote it; empty for a line without."""
    text: str


def lines_asked(text: str) -> int:
    """The query's `tailLines`: 1 to 1000; 200 when it is missing, below 1 or no number."""
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return min(asked, MOST_LINES) or DEFAULT_LINES


async def read_logs(kube: KubeClient, name: str, lines: int, *, timestamps: bool) -> dict[str, Any]:
    """OSCAR's answer: `lines` lines at most, all pods mixed by time."""
    listed = await kube.list(PODS, NS, labels=f"app={names.app_label(name)}")
    pods = sorted(listed["items"], key=lambda pod: str(pod["metadata"].get("creationTimestamp")))
    found: list[Line] = []
    problem = "" if pods else "The service has no pods."
    for pod in pods[-MOST_PODS:]:
        try:
            found += await _of_pod(kube, pod["metadata"]["name"], lines)
        except KubeError as error:
            if isinstance(error, Forbidden):
                raise
            problem = f"Logs of pod {pod['metadata']['name']} are not available: {error.message}"
    newest = sorted(found, key=_moment)[-lines:]  # the order of lines of one moment stays
    answer: dict[str, Any] = {"service_name": name, "available": bool(pods) and not problem}
    if problem:
        answer["message"] = problem
    if found:
        answer["available"] = True
    answer["entries"] = [
        {"timestamp": line.time, "message": line.text} if timestamps else {"message": line.text}
        for line in newest
    ]
    return answer


def _moment(line: Line) -> tuple[str, str]:
    return line.moment


async def _of_pod(kube: KubeClient, pod: str, lines: int) -> list[Line]:
    query = f"container={CONTAINER}&timestamps=true&tailLines={lines}"
    try:
        text = await kube.text(f"{PODS.path(NS, pod, 'log')}?{query}")
    except NotFound:  # it ended between the list and now
        return []
    return split(text)


def split(text: str) -> list[Line]:
    """The lines of a log with time stamps. Only a line feed ends one: what programs draw with a
    carriage return, U+0085 or U+2028 is text."""
    found: list[Line] = []
    last = ("", "")
    for line in text.removesuffix("\n").split("\n") if text else ():
        stamp = _STAMPED.match(line)
        if stamp is None:
            found.append(Line(last, "", line))
        else:
            seconds, fraction = stamp.groups(default="")
            last = max(last, (seconds, fraction.ljust(9, "0")))
            found.append(Line(last, stamp[0].rstrip(), line[stamp.end() :]))
    return found
