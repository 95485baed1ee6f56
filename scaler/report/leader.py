"""What the leading scaler lets others know: in its Lease, and at its admin port. Pure."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from scaler.control.standing import Standing
from scaler.decision import Action, Condition, Decision, PodClass, PodView, Signal
from shared.service import names
from shared.service.objects import annotations_of
from shared.service.values import value

if TYPE_CHECKING:
    from shared.service.objects import Obj

T = TypeVar("T")

_DECIDES = (Standing.ACTIVE, Standing.DRY_RUN, Standing.WAITING)


@value
class Leader:
    """The leader as its Lease tells of it; what is empty is not told."""

    identity: str
    configuration: str
    """The document of `scaler/config/published.py`."""
    admin: str
    """The address of its admin port."""


@value
class Told:
    """The last decision of the leader on a service, made at `decided` (unix seconds), and what
    keeps the service `awake`; `unmarked`: it may not say which pods go when a service shrinks."""

    decision: Decision
    decided: float
    awake: str = ""
    unmarked: bool = False


def leader_of(lease: Obj) -> Leader:
    """The leader that holds a Lease; of one that was given back, its configuration alone."""
    told, identity = annotations_of(lease), lease["spec"].get("holderIdentity") or ""
    admin = told.get(names.SCALER_ADMIN, "") if identity else ""
    return Leader(identity, told.get(names.SCALER_CONFIG, ""), admin)


def last_decision(answer: Any, service: str) -> Told | None:
    """What `/decisions` answers of a service; None: nothing is decided for it at present.

    Raises ValueError for an answer of another form.
    """
    try:
        status = answer.get(service)
        if not status or not status["decision"] or status["standing"] not in _DECIDES:
            return None
        decided, awake = float(status["decided"]), str(status.get("awake") or "")
        unmarked = bool(status.get("unmarked"))
        return Told(_decision(status["decision"]), decided, awake, unmarked)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"/decisions has another form than here: {error!r}") from error


def _decision(data: dict[str, Any]) -> Decision:
    signal, pods = data.get("signal"), data.get("pods") or ()
    return _known(
        Decision,
        data,
        action=Action(data["action"]),
        reasons=tuple(data["reasons"]),
        limits=tuple(data["limits"]),
        signal=None if signal is None else _known(Signal, signal),
        pods=tuple(_known(PodView, pod, pod_class=PodClass(pod["pod_class"])) for pod in pods),
        conditions=tuple(_known(Condition, each) for each in data.get("conditions") or ()),
    )


def _known(kind: type[T], data: dict[str, Any], **read: Any) -> T:
    """The value whose fields `data` has; those of other versions are left out."""
    names_here = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: each for name, each in data.items() if name in names_here} | read)
