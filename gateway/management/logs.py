"""The newest log lines of all pods of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.management.catalog import NS
from gateway.management.pod import CONTAINER
from shared.kube.errors import Forbidden, KubeError, NotFound
from shared.kube.resources import PODS
from shared.service import names

if TYPE_CHECKING:
    from shared.kube.client import KubeClient

DEFAULT_LINES: Final = 200
MOST_LINES: Final = 1000
MOST_PODS: Final = 20
"""Pods whose logs are read for one answer, the newest first."""


def lines_asked(text: str) -> int:
    """The query's `tailLines`: 1 to 1000; 200 when it is missing, below 1 or no number."""
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return min(asked, MOST_LINES) or DEFAULT_LINES


async def read_logs(kube: KubeClient, name: str, lines: int, *, timestamps: bool) -> dict[str, Any]:
    """OSCAR's answer: `lines` lines at most, all pods mixed by time."""
    listed = await kube.list(PODS, NS, labels=f"app={names.app_label(name)}")
    pods = sorted(listed["items"], key=lambda pod: str(pod["metadata"].get("creationTimestamp")))
    found: list[tuple[str, str]] = []
    problem = "" if pods else "The service has no pods."
    for pod in pods[-MOST_PODS:]:
        try:
            found += await _of_pod(kube, pod["metadata"]["name"], lines)
        except KubeError as error:
            if isinstance(error, Forbidden):
                raise
            problem = f"Logs of pod {pod['metadata']['name']} are not available: {error.message}"
    newest = sorted(found)[-lines:]
    answer: dict[str, Any] = {"service_name": name, "available": bool(pods) and not problem}
    if problem:
        answer["message"] = problem
    if found:
        answer["available"] = True
    answer["entries"] = [
        {"timestamp": time, "message": text} if timestamps else {"message": text}
        for time, text in newest
    ]
    return answer


async def _of_pod(kube: KubeClient, pod: str, lines: int) -> list[tuple[str, str]]:
    query = f"container={CONTAINER}&timestamps=true&tailLines={lines}"
    try:
        text = await kube.text(f"{PODS.path(NS, pod, 'log')}?{query}")
    except NotFound:  # it ended between the list and now
        return []
    split = (line.partition(" ") for line in text.splitlines())
    return [(time, message) for time, _, message in split]
