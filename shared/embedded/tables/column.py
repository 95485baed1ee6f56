"""What a column of a Table is, and the formats all columns share (durations, labels, lists). Pure.

The formats are those of Kubernetes' own printers (pkg/printers, apimachinery util/duration), so
that `kubectl get` shows here what it shows against any cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from shared.embedded.schema.selectors import terms
from shared.service.objects import unix_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from shared.service.objects import Obj

Cell = str | int | bool

NONE: Final = "<none>"
UNKNOWN: Final = "<unknown>"
UNSET: Final = "<unset>"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `cell(object, now)` gives its value, `now` in Unix seconds.

    `wide` columns are sent always and shown by `kubectl get -o wide` only.
    """

    name: str
    cell: Callable[[Obj, float], Cell]
    description: str = ""
    type: str = "string"
    format: str = ""
    wide: bool = False

    def definition(self) -> Obj:
        """The column as a TableColumnDefinition (meta.k8s.io/v1)."""
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description,
            "priority": 1 if self.wide else 0,
        }


Columns = tuple[Column, ...]
"""What the Table of a kind shows."""


def duration(seconds: float) -> str:
    """`seconds` as Kubernetes writes an age, two units at most: `95s`, `3m20s`, `5h`, `2d4h`."""
    if seconds <= -2:
        return "<invalid>"
    whole = max(int(seconds), 0)
    minutes, hours = whole // 60, whole // 3600
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return _pair(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    return _days(hours)


def _days(hours: int) -> str:
    days, years = hours // 24, hours // (24 * 365)
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _pair(days, "d", hours % 24, "h")
    if years < 2:
        return f"{days}d"
    if years < 8:
        return _pair(years, "y", days % 365, "d")
    return f"{years}y"


def _pair(major: int, unit: str, minor: int, minor_unit: str) -> str:
    return f"{major}{unit}{minor}{minor_unit}" if minor else f"{major}{unit}"


def since(timestamp: str | None, now: float) -> str:
    """How long ago `timestamp` was; `<unknown>` when there is none."""
    return duration(now - unix_seconds(timestamp)) if timestamp else UNKNOWN


def labels(pairs: Mapping[str, str] | None) -> str:
    """`a=1,b=2`, sorted; `<none>` when empty."""
    return ",".join(f"{key}={value}" for key, value in sorted((pairs or {}).items())) or NONE


def selector(value: Mapping[str, Any] | None) -> str:
    """A LabelSelector (matchLabels and matchExpressions), sorted; `<none>` when it selects all."""
    return ",".join(sorted(terms(value or {}))) or NONE


def first_few(values: Iterable[str], *, most: int = 3) -> str:
    """The first `most` values and how many more there are: `a,b,c + 2 more...`."""
    names = list(values)
    shown = ",".join(names[:most])
    return f"{shown} + {len(names) - most} more..." if len(names) > most else shown


def status(obj: Obj) -> Obj:
    """The status of `obj`, empty when it has none yet."""
    return obj.get("status") or {}


def spec(obj: Obj) -> Obj:
    """The spec of `obj`, empty when it has none."""
    return obj.get("spec") or {}


NAME: Final = Column(
    "Name",
    lambda obj, _: str(obj["metadata"]["name"]),
    "Name must be unique within a namespace. Is required when creating resources, although some "
    "resources may allow a client to request the generation of an appropriate name automatically. "
    "Name is primarily intended for creation idempotence and configuration definition. Cannot be "
    "updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
    format="name",
)

AGE: Final = Column(
    "Age",
    lambda obj, now: since(obj["metadata"].get("creationTimestamp"), now),
    "CreationTimestamp is a timestamp representing the server time when this object was created. "
    "It is not guaranteed to be set in happens-before order across separate operations. Clients "
    "may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the "
    "system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/"
    "sig-architecture/api-conventions.md#metadata",
)

NAME_AND_AGE: Final[Columns] = (NAME, AGE)
"""Of kinds that have no columns of their own."""
