"""Rules for the small kinds: data, events, leases, autoscalers, roles. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_MOST_BYTES: Final = 1024 * 1024
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_NEVER: Final = "field is immutable when `immutable` is set"


def config_map(obj: Obj) -> Iterator[Cause]:
    data, binary = obj.get("data", {}), obj.get("binaryData", {})
    for field, keys in (("data", data), ("binaryData", binary)):
        for key in keys:
            yield from checks.config_key(f"{field}[{key}]", key)
    for key in data.keys() & binary.keys():
        yield checks.invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    yield from _decodable("binaryData", binary)
    size = sum(len(value.encode()) for value in data.values())
    if size + sum(len(value) * 3 // 4 for value in binary.values()) > _MOST_BYTES:
        yield checks.too_long("", _MOST_BYTES)


def secret(obj: Obj) -> Iterator[Cause]:
    data = obj.get("data", {})
    for key in data:
        yield from checks.config_key(f"data[{key}]", key)
    yield from _decodable("data", data)
    if sum(len(value) * 3 // 4 for value in data.values()) > _MOST_BYTES:
        yield checks.too_long("data", _MOST_BYTES)


def immutable_data(old: Obj, new: Obj) -> Iterator[Cause]:
    if not old.get("immutable"):
        return
    if not new.get("immutable"):
        yield checks.forbidden("immutable", _NEVER)
    for field in ("data", "binaryData"):
        if old.get(field) != new.get(field):
            yield checks.forbidden(field, _NEVER)


def immutable_secret(old: Obj, new: Obj) -> Iterator[Cause]:
    yield from immutable_data(old, new)
    if old["type"] != new["type"]:
        yield checks.immutable("type", new["type"])


def event(obj: Obj) -> Iterator[Cause]:
    about = obj["involvedObject"].get("namespace", "")
    if about and about != obj["metadata"]["namespace"]:
        why = "does not match event.namespace"
        yield checks.invalid("involvedObject.namespace", about, why)
    if obj["eventTime"] is None:
        return
    yield from _time("eventTime", obj["eventTime"])
    for field in ("reportingComponent", "reportingInstance", "action", "reason"):
        if not obj.get(field):
            name = field.replace("reportingComponent", "reportingController")
            yield checks.required(name)
    yield from checks.one_of("type", obj.get("type"), ("Normal", "Warning"))


def lease(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    duration = spec.get("leaseDurationSeconds")
    if duration is not None and duration <= 0:
        yield checks.invalid("spec.leaseDurationSeconds", duration, "must be greater than 0")
    yield from checks.not_negative("spec.leaseTransitions", spec.get("leaseTransitions"))
    for name in ("acquireTime", "renewTime"):
        if name in spec:
            yield from _time(f"spec.{name}", spec[name])


def autoscaler(obj: Obj) -> Iterator[Cause]:
    spec = obj["spec"]
    for name in ("kind", "name"):
        if not spec.get("scaleTargetRef", {}).get(name):
            yield checks.required(f"spec.scaleTargetRef.{name}")
    if spec["minReplicas"] < 1:
        why = "must be greater than or equal to 1"
        yield checks.invalid("spec.minReplicas", spec["minReplicas"], why)
    most = spec.get("maxReplicas", 0)
    if most < 1:
        yield checks.invalid("spec.maxReplicas", most, "must be greater than 0")
    elif most < spec["minReplicas"]:
        why = "must be greater than or equal to `minReplicas`"
        yield checks.invalid("spec.maxReplicas", most, why)


def role(obj: Obj) -> Iterator[Cause]:
    for index, rule in enumerate(obj["rules"] or []):
        at = f"rules[{index}]"
        if not rule.get("verbs"):
            yield checks.required(f"{at}.verbs", "verbs must contain at least one value")
        if rule.get("nonResourceURLs"):
            continue
        if not rule.get("apiGroups"):
            why = "resource rules must supply at least one api group"
            yield checks.required(f"{at}.apiGroups", why)
        if not rule.get("resources"):
            why = "resource rules must supply at least one resource"
            yield checks.required(f"{at}.resources", why)


def binding(obj: Obj) -> Iterator[Cause]:
    reference = obj.get("roleRef", {})
    yield from checks.one_of("roleRef.kind", reference.get("kind"), ("ClusterRole", "Role"))
    if not reference.get("name"):
        yield checks.required("roleRef.name")
    for index, subject in enumerate(obj.get("subjects", [])):
        at, kind = f"subjects[{index}]", subject.get("kind")
        if not subject.get("name"):
            yield checks.required(f"{at}.name")
        yield from checks.one_of(f"{at}.kind", kind, ("Group", "ServiceAccount", "User"))
        if kind == "ServiceAccount" and not subject.get("namespace"):
            yield checks.required(f"{at}.namespace")


def same_role(old: Obj, new: Obj) -> Iterator[Cause]:
    if old["roleRef"] != new.get("roleRef"):
        yield checks.invalid("roleRef", new.get("roleRef"), "cannot change roleRef")


def _decodable(field: str, data: dict[str, str]) -> Iterator[Cause]:
    for key, value in data.items():
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            yield checks.invalid(f"{field}[{key}]", "", "must be base64 (RFC 4648)")


def _time(field: str, text: str) -> Iterator[Cause]:
    if not _TIME.fullmatch(text):
        yield checks.invalid(field, text, "must be a time as of RFC 3339")
