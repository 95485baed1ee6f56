"""The pods of a service as OSCAR's clients list the jobs of one: JobsResponse. Pure.

`oscar-cli service logs` and oscar-python's `list_jobs` know no other way to logs. An exposed
service has no jobs; what runs and writes is its pods.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gateway.management.objects.pod import CONTAINER

if TYPE_CHECKING:
    from shared.service.objects import Obj


def jobs(pods: Iterable[Obj]) -> Obj:
    """JobsResponse, all on one page."""
    return {"jobs": {pod["metadata"]["name"]: _job(pod) for pod in pods}}


def _job(pod: Obj) -> Obj:
    status = pod.get("status") or {}
    job = {
        "status": status.get("phase") or "Pending",
        "creation_time": pod["metadata"].get("creationTimestamp"),
    }
    for container in status.get("containerStatuses") or []:
        if container.get("name") == CONTAINER:
            state = container.get("state") or {}
            ended = state.get("terminated") or {}
            started = (state.get("running") or ended).get("startedAt")
            job |= {"start_time": started, "finish_time": ended.get("finishedAt")}
    return {key: value for key, value in job.items() if value is not None}
