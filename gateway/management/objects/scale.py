"""How many pods a Deployment asks for when its service is made, stopped and started. Pure.

In between that is the scaler's. Who sets replicas owns them in managedFields; a size that nobody
owns is the API server's default, and so is that of a create that died before it gave one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.service import names
from shared.service.objects import annotated_number, wanted_replicas
from shared.service.sleeping import asleep_since
from shared.service.stored import is_stopped

if TYPE_CHECKING:
    from shared.service.objects import Obj

OWNER: Final = "replicas"
"""The role in which a new size is applied: an apply without it leaves it, and since somebody owns
it, the API server notes who takes it over by `kubectl scale`."""


def born(name: str, least: int) -> Obj:
    """What is applied in the role OWNER to Deployment `name`, which was just made; also where its
    default is right."""
    return {"metadata": {"name": name}, "spec": {"replicas": least}}


def born_stopped() -> Obj:
    """The patch of a Deployment that was just made, of a service that is stopped."""
    return _body({names.STOPPED: "true"}, 0)


def corrected(deployment: Obj, least: int, *, stopped: bool) -> Obj:
    """The patch that makes a Deployment stopped or not; empty when it is as it must be."""
    replicas = wanted_replicas(deployment)
    marked = is_stopped(deployment)
    if stopped:
        return {} if marked and replicas == 0 else stop(deployment)
    if marked:  # `kubectl rollout undo` brings the mark back while pods run
        return start(deployment, least)
    if 0 < replicas < least and not _is_owned(deployment):
        return {"spec": {"replicas": least}}
    return {}


def stop(deployment: Obj) -> Obj:
    """The patch for no pods, which remembers how many there were; one that sleeps had none."""
    replicas = wanted_replicas(deployment)
    marks: Obj = {names.STOPPED: "true"}
    if replicas > 0:
        marks[names.PREVIOUS_REPLICAS] = str(replicas)
    elif asleep_since(deployment):
        marks |= {names.PREVIOUS_REPLICAS: None, names.ASLEEP_SINCE: None}
    return _body(marks, 0)


def start(deployment: Obj, least: int, woken: int = 0) -> Obj:
    """The patch for as many pods as there were before the stop; if it sleeps, for `woken`, and the
    least at least."""
    if asleep_since(deployment):
        return _body({names.STOPPED: "false", names.ASLEEP_SINCE: None}, max(least, woken, 1))
    before = annotated_number(deployment, names.PREVIOUS_REPLICAS)
    return _body({names.STOPPED: "false"}, wanted_replicas(deployment) or before or least or 1)


def wake(at: str) -> Obj:
    """The patch that asks the scaler, from `at` on (RFC 3339), for pods of a service that
    sleeps."""
    return {"metadata": {"annotations": {names.WAKE: at}}}


def _body(marks: Obj, replicas: int) -> Obj:
    return {"metadata": {"annotations": marks}, "spec": {"replicas": replicas}}


def _is_owned(deployment: Obj) -> bool:
    entries = deployment["metadata"].get("managedFields") or ()
    return any("f:replicas" in entry.get("fieldsV1", {}).get("f:spec", {}) for entry in entries)
