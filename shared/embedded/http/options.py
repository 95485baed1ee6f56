"""The options of a request: query parameters and DeleteOptions, read and checked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from shared.embedded import declarations
from shared.embedded.api.listing import Query
from shared.embedded.errors import REQUIRED, UNSUPPORTED, Cause, bad_request, invalid_as
from shared.embedded.http.target import is_true
from shared.embedded.schema.field_selectors import field_predicate
from shared.embedded.schema.selectors import label_predicate
from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.embedded.api.garbage import Propagation
    from shared.embedded.api.patching import PatchType
    from shared.embedded.http.target import Target
    from shared.embedded.kinds import Kind

_GROUP: Final = "meta.k8s.io"
_LONGEST_MANAGER: Final = 128
_PROPAGATIONS: Final = ("Background", "Foreground", "Orphan")


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """Who writes, and whether for real."""

    manager: str
    dry_run: bool
    force: bool = False


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    grace: int | None
    propagation: Propagation
    uid: str
    resource_version: str
    dry_run: bool


def query(kind: Kind, target: Target, given: Mapping[str, str]) -> Query:
    """What a list or watch selects, and where it starts."""
    return Query(
        namespace=target.namespace if kind.namespaced else None,
        labels=label_predicate(given.get("labelSelector", "")),
        fields=field_predicate(declarations.of(kind).selectable, given.get("fieldSelector", "")),
        limit=integer(given, "limit") or 0,
        token=given.get("continue", ""),
        version=given.get("resourceVersion", ""),
        match=given.get("resourceVersionMatch", ""),
    )


def write(
    given: Mapping[str, str], user_agent: str, options: str, patch_type: PatchType | None = None
) -> WriteOptions:
    """`options` is the name that messages use: CreateOptions, UpdateOptions, PatchOptions."""
    manager = given.get("fieldManager", "")
    if patch_type == "apply" and not manager:
        cause = Cause(REQUIRED, "Required value: is required for apply patch", "fieldManager")
        raise invalid_as(_GROUP, options, "", [cause])
    if len(manager) > _LONGEST_MANAGER or not manager.isprintable():
        why = f"must be at most {_LONGEST_MANAGER} printable characters"
        raise invalid_as(_GROUP, options, "", [checks.invalid("fieldManager", manager, why)])
    if "force" in given and patch_type not in (None, "apply"):
        cause = checks.forbidden("force", "may not be specified for non-apply patch")
        raise invalid_as(_GROUP, options, "", [cause])
    default = user_agent.split("/")[0][:_LONGEST_MANAGER] or "unknown"
    force = is_true(given.get("force", ""))
    return WriteOptions(manager or default, dry_run(given.get("dryRun"), options), force)


def dry_run(value: Any, options: str) -> bool:
    """`All`, or the list of it that DeleteOptions has."""
    if value in (None, "", []):
        return False
    if value not in ("All", ["All"]):
        message = f'Unsupported value: {checks.shown(value)}: supported values: "All"'
        raise invalid_as(_GROUP, options, "", [Cause(UNSUPPORTED, message, "dryRun")])
    return True


def delete(given: Mapping[str, str], body: Any) -> DeleteOptions:
    """From the body, or else the query."""
    if not isinstance(body, dict):
        raise bad_request("the body of a delete is a DeleteOptions object")
    name = "DeleteOptions"
    grace = body.get("gracePeriodSeconds")
    if grace is None:
        grace = integer(given, "gracePeriodSeconds")
    preconditions = body.get("preconditions") or {}
    if type(grace) not in (int, type(None)) or not isinstance(preconditions, dict):
        raise bad_request("DeleteOptions: gracePeriodSeconds is an int64, preconditions an object")
    propagation = body.get("propagationPolicy") or given.get("propagationPolicy")
    if body.get("orphanDependents") is True:
        propagation = "Orphan"
    if propagation not in (None, *_PROPAGATIONS):
        listed = ", ".join(checks.shown(each) for each in _PROPAGATIONS)
        message = f"Unsupported value: {checks.shown(propagation)}: supported values: {listed}"
        cause = Cause(UNSUPPORTED, message, "propagationPolicy")
        raise invalid_as(_GROUP, name, "", [cause])
    return DeleteOptions(
        grace,
        cast("Propagation", propagation or "Background"),
        str(preconditions.get("uid") or ""),
        str(preconditions.get("resourceVersion") or ""),
        dry_run(body.get("dryRun") or given.get("dryRun"), name),
    )


def integer(given: Mapping[str, str], name: str) -> int | None:
    """A whole number of the query; raises 400."""
    text = given.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise bad_request(
            f'strconv.ParseInt: parsing "{text}": {name} must be a number that is not negative'
        )
    return int(text)
