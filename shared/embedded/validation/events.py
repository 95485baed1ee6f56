"""Rules for Events: lax for those of the core group, strict for events.k8s.io. Pure.

Source: k8s.io/kubernetes/pkg/apis/core/validation/events.go. An Event is stored in the form of the
core group, and faults name the fields of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_LONGEST_WORD, _LONGEST_NOTE = 128, 1024
_TYPES: Final = ("Normal", "Warning")
_UNSET: Final = "needs to be unset"
_FIXED: Final = (
    ("involvedObject", "involvedObject"),
    ("reason", "reason"),
    ("message", "message"),
    ("source", "source"),
    ("firstTimestamp", "firstTimestamp"),
    ("lastTimestamp", "lastTimestamp"),
    ("count", "count"),
    ("reason", "reason"),
    ("type", "type"),
    ("eventTime", "eventTime"),
    ("action", "action"),
    ("related", "related"),
    ("reportingComponent", "reportingController"),
    ("reportingInstance", "reportingInstance"),
)


def event(obj: Obj) -> Iterator[Cause]:
    """What every Event is held to."""
    about, own = obj["involvedObject"].get("namespace", ""), obj["metadata"]["namespace"]
    timed = obj.get("eventTime") is not None
    alien = not about if timed else about != own
    if alien and (about or own not in (("default", "kube-system") if timed else ("default",))):
        why = "does not match event.namespace"
        yield checks.invalid("involvedObject.namespace", about, why)
    if timed:
        yield from _told(obj)


def strict_event(obj: Obj) -> Iterator[Cause]:
    """A new Event of events.k8s.io."""
    yield from event(obj)
    yield from _series(obj)
    if obj.get("eventTime") is None:
        yield checks.required("eventTime")
    if obj.get("type") not in _TYPES:
        yield checks.invalid("type", "", f"has invalid value: {obj.get('type', '')}")
    for name in ("firstTimestamp", "lastTimestamp", "count"):
        if obj.get(name):
            yield checks.invalid(name, "", _UNSET)
    if obj.get("source", {}).get("component") or obj.get("source", {}).get("host"):
        yield checks.invalid("source", "", _UNSET)


def strict_succession(old: Obj, new: Obj) -> Iterator[Cause]:
    """Only its series and metadata change through events.k8s.io."""
    if old.get("series") != new.get("series"):
        yield from _series(new)
    for stored, name in _FIXED:
        if (old.get(stored) or None) != (new.get(stored) or None):
            yield checks.immutable(name, new.get(stored))


def _told(obj: Obj) -> Iterator[Cause]:
    controller = obj.get("reportingComponent", "")
    if not controller:
        yield checks.required("reportingController")
    yield from checks.qualified_name("reportingController", controller)
    for name in ("reportingInstance", "action", "reason"):
        if not obj.get(name):
            yield checks.required(name)
        yield from _at_most(name, obj.get(name, ""), _LONGEST_WORD)
    yield from _at_most("message", obj.get("message", ""), _LONGEST_NOTE)


def _at_most(name: str, text: str, limit: int) -> Iterator[Cause]:
    if len(text.encode(errors="surrogatepass")) > limit:
        yield checks.invalid(name, "", f"can have at most {limit} characters")


def _series(obj: Obj) -> Iterator[Cause]:
    series = obj.get("series")
    if series is None:
        return
    if series.get("count", 0) < 2:
        yield checks.invalid("series.count", "", "should be at least 2")
    if not series.get("lastObservedTime"):
        yield checks.required("series.lastObservedTime")
