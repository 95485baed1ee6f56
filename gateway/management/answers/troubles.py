"""Why pods do not serve, in their own words: what waits, what ended, what has no node. Pure.

Called by `status`. A Deployment's conditions say that pods are missing; the pods know why. Source
of the reasons: Kubernetes documentation, "Debug Pods" and "Pod Lifecycle".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from shared.service.objects import condition, container_statuses

if TYPE_CHECKING:
    from shared.service.objects import Obj

MOST: Final = 3
"""Different troubles that are told of one service."""
LONGEST: Final = 300
"""Characters of each: messages of container runtimes go on for pages."""
UNREADY: Final = "NotReady: the container runs, but its probe gets no good answer"
_ON_THE_WAY: Final = ("ContainerCreating", "PodInitializing")
_SIGNALS: Final = 128
"""An exit code above it is the number of the signal that ended the process, and this."""


def of_pods(pods: Iterable[Obj], last_words: Mapping[str, str]) -> str:
    """What is wrong with `pods`, the most frequent first; "" when nothing is known to be.

    `last_words` has the last line that a pod's container wrote before it ended, by pod.
    """
    found = Counter(
        trouble
        for pod in pods
        if (trouble := of_pod(pod, last_words.get(pod["metadata"]["name"], "")))
    )
    told = [
        text if count == 1 else f"{count} pods: {text}" for text, count in found.most_common(MOST)
    ]
    return "; ".join(told)


def of_pod(pod: Obj, last_words: str = "") -> str:
    """What keeps one pod from serving; "" for one that serves, ends, or is only starting."""
    status = pod.get("status") or {}
    if pod["metadata"].get("deletionTimestamp"):
        return ""
    if status.get("phase") == "Failed":
        return _short(_told(status.get("reason") or "Failed", status.get("message", "")))
    for found in (*map(_of_container, container_statuses(pod)), _unscheduled(pod)):
        if found:
            said = f", after it wrote: {last_words}" if last_words and "exit code" in found else ""
            return _short(found + said)
    return ""


def has_ended(pod: Obj) -> bool:
    """Whether a container of the pod ended before, so that there are last words."""
    return any(_ending(one) for one in container_statuses(pod))


def runs_again(pod: Obj) -> bool:
    """Whether a container runs, so that what it wrote before is the log of the run before."""
    return any("running" in (one.get("state") or {}) for one in container_statuses(pod))


def is_severe(trouble: str) -> bool:
    """Whether it will not go away by waiting for the container to be up."""
    return bool(trouble) and not trouble.endswith(UNREADY)


def _of_container(container: Obj) -> str:
    state = container.get("state") or {}
    ending = _ending(container)
    if waiting := state.get("waiting"):
        reason = waiting.get("reason", "")
        if ending and reason == "CrashLoopBackOff":
            return f"{reason}: {ending}"
        return "" if reason in _ON_THE_WAY else _told(reason, waiting.get("message", ""))
    if "terminated" in state:
        return ending
    if "running" in state and container.get("ready") is False:
        times = container.get("restartCount") or 0
        return f"{UNREADY}; it was started {times} times again: {ending}" if ending else UNREADY
    return ""


def _ending(container: Obj) -> str:
    """How the container ended, now or the last time; "" for one that did not, or with success."""
    for where in ("state", "lastState"):
        ended = (container.get(where) or {}).get("terminated")
        if ended and (ended.get("exitCode") or ended.get("reason") == "OOMKilled"):
            return _how(ended)
    return ""


def _how(ended: Obj) -> str:
    code = int(ended.get("exitCode") or 0)
    if ended.get("reason") == "OOMKilled":
        return f"OOMKilled: it took more than its `memory` (exit code {code})"
    signal = f", which is signal {code - _SIGNALS}" if code > _SIGNALS else ""
    message = (ended.get("message") or "").strip()
    return f"it ended with exit code {code}{signal}" + (f": {message}" if message else "")


def _unscheduled(pod: Obj) -> str:
    one = condition(pod, "PodScheduled")
    if one is None or one["status"] != "False":
        return ""
    return _told(one.get("reason") or "Unschedulable", one.get("message", ""))


def _told(reason: str, message: str) -> str:
    return f"{reason}: {message}" if message and message != reason else reason


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
