"""The options of a request: query parameters and DeleteOptions, read and checked. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from shared.embedded import declarations
from shared.embedded.api import golang
from shared.embedded.api.field_validation import FieldValidation
from shared.embedded.api.listing import Query
from shared.embedded.errors import REQUIRED, UNSUPPORTED, Cause, bad_request, invalid_as
from shared.embedded.http.target import flag
from shared.embedded.schema.field_selectors import field_predicate
from shared.embedded.schema.selectors import label_predicate
from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.embedded.api.deletion import Propagation
    from shared.embedded.api.field_validation import Directive
    from shared.embedded.api.patching import PatchType
    from shared.embedded.http.target import Target
    from shared.embedded.kinds import Kind

_GROUP: Final = "meta.k8s.io"
_LONGEST_MANAGER: Final = 128
_PROPAGATIONS: Final = ("Foreground", "Background", "Orphan")
_DIRECTIVES: Final = ("", "Ignore", "Strict", "Warn")
_MATCHES: Final = ("Exact", "NotOlderThan")


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """Who writes, whether for real, and what becomes of fields that are unknown."""

    manager: str
    dry_run: bool
    force: bool = False
    fields: FieldValidation = field(default_factory=FieldValidation)


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    grace: int | None
    propagation: Propagation | None
    uid: str
    resource_version: str
    dry_run: bool


def query(kind: Kind, target: Target, given: Mapping[str, str]) -> Query:
    """What a list or watch selects, and where it starts; raises 400 or 422.

    The name in the path of a watch selects as a field does.
    """
    fields = given.get("fieldSelector", "")
    if target.verb == "watch" and target.name:
        fields = f"{fields},metadata.name={target.name}"
    if target.verb != "watch" and (causes := list(_list_problems(given))):
        raise invalid_as(_GROUP, "ListOptions", "", causes)
    return Query(
        namespace=target.namespace if kind.namespaced else None,
        labels=label_predicate(given.get("labelSelector", "")),
        fields=field_predicate(declarations.of(kind).selectable, fields),
        limit=max(integer(given, "limit") or 0, 0),
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
    if len(manager.encode()) > _LONGEST_MANAGER:
        why = f"Too long: may not be more than {_LONGEST_MANAGER} bytes"
        raise invalid_as(_GROUP, options, "", [Cause("FieldValueTooLong", why, "fieldManager")])
    if not manager.isprintable():
        why = "should only contain printable characters"
        raise invalid_as(_GROUP, options, "", [checks.invalid("fieldManager", manager, why)])
    if "force" in given and patch_type not in (None, "apply"):
        cause = checks.forbidden("force", "may not be specified for non-apply patch")
        raise invalid_as(_GROUP, options, "", [cause])
    default = user_agent.split("/")[0][:_LONGEST_MANAGER] or "unknown"
    force = flag(given, "force")
    dry = dry_run(given.get("dryRun"), options)
    return WriteOptions(manager or default, dry, force, _field_validation(given, options))


def _field_validation(given: Mapping[str, str], options: str) -> FieldValidation:
    value = given.get("fieldValidation", "")
    if value not in _DIRECTIVES:
        listed = ", ".join(checks.shown(each) for each in _DIRECTIVES)
        message = f"Unsupported value: {checks.shown(value)}: supported values: {listed}"
        raise invalid_as(_GROUP, options, "", [Cause(UNSUPPORTED, message, "fieldValidation")])
    return FieldValidation(cast("Directive", value or "Warn"))


def dry_run(value: Any, options: str) -> bool:
    """`All`, or the list of it that DeleteOptions has."""
    if value in (None, "", []):
        return False
    if value not in ("All", ["All"]):
        shown = checks.shown([value] if isinstance(value, str) else value)
        message = f'Unsupported value: {shown}: supported values: "All"'
        raise invalid_as(_GROUP, options, "", [Cause(UNSUPPORTED, message, "dryRun")])
    return True


def delete(given: Mapping[str, str], body: Any) -> DeleteOptions:
    """From the body, or without one from the query; raises 400 or 422."""
    if not isinstance(body, dict):
        raise bad_request("the body of a delete is a DeleteOptions object")
    if body.get("kind") not in (None, "", "DeleteOptions"):
        raise bad_request(
            f'no kind "{body["kind"]}" is registered for version "{body.get("apiVersion", "")}" in '
            'scheme "pkg/apis/meta/internalversion/scheme/register.go:27"'
        )
    stated = body or _of_query(given)
    grace, preconditions = stated.get("gracePeriodSeconds"), stated.get("preconditions") or {}
    orphan = stated.get("orphanDependents")
    for name, value, types, go in (
        ("gracePeriodSeconds", grace, (int,), "int64"),
        ("preconditions", preconditions, (dict,), "v1.Preconditions"),
        ("orphanDependents", orphan, (bool,), "bool"),
    ):
        if value is not None and type(value) not in types:
            given_type = golang.json_type(value)
            raise bad_request(
                f"json: cannot unmarshal {given_type} into Go struct field DeleteOptions.{name} of "
                f"type {go}"
            )
    return DeleteOptions(
        grace,
        _propagation(stated.get("propagationPolicy"), orphan),
        str(preconditions.get("uid") or ""),
        str(preconditions.get("resourceVersion") or ""),
        dry_run(stated.get("dryRun"), "DeleteOptions"),
    )


def _of_query(given: Mapping[str, str]) -> dict[str, Any]:
    orphan = {"orphanDependents": flag(given, "orphanDependents")}
    return {
        "gracePeriodSeconds": integer(given, "gracePeriodSeconds"),
        **{name: given[name] for name in ("propagationPolicy", "dryRun") if given.get(name)},
        **(orphan if "orphanDependents" in given else {}),
    }


def _propagation(policy: Any, orphan: bool | None) -> Propagation | None:
    """The policy, or the older switch for it; None leaves it to the kind's default."""
    field = "propagationPolicy"
    causes = []
    if policy is not None and orphan is not None:
        why = "orphanDependents and deletionPropagation cannot be both set"
        causes.append(checks.invalid(field, policy, why))
    if policy is not None and policy not in _PROPAGATIONS:
        listed = ", ".join(checks.shown(each) for each in (*_PROPAGATIONS, "nil"))
        message = f"Unsupported value: {checks.shown(policy)}: supported values: {listed}"
        causes.append(Cause(UNSUPPORTED, message, field))
    if causes:
        raise invalid_as(_GROUP, "DeleteOptions", "", causes)
    if orphan is not None:
        return "Orphan" if orphan else "Background"
    return cast("Propagation | None", policy)


def included(given: Mapping[str, str]) -> str:
    """What a Table shows of each object; raises 400."""
    wanted = given.get("includeObject", "")
    if wanted not in ("", "Metadata", "Object", "None"):
        raise bad_request(
            f"Unable to convert to Table as requested: includeObject: Invalid value: "
            f"{checks.shown(wanted)}: must be 'Metadata', 'Object', 'None', or empty"
        )
    return wanted


def integer(given: Mapping[str, str], name: str) -> int | None:
    """A whole number of the query, as Go's strconv.ParseInt reads it; raises 400."""
    text = given.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    if not -(2**63) <= int(text[:40]) < 2**63:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": value out of range')
    return int(text)


def _list_problems(given: Mapping[str, str]) -> Iterator[Cause]:
    """How a version and its match must go together in a list."""
    match, version = given.get("resourceVersionMatch", ""), given.get("resourceVersion", "")
    field = "resourceVersionMatch"
    if match and not version:
        yield checks.forbidden(field, f"{field} is forbidden unless resourceVersion is provided")
    if match and given.get("continue"):
        yield checks.forbidden(field, f"{field} is forbidden when continue is provided")
    if match not in ("", *_MATCHES):
        listed = ", ".join(checks.shown(each) for each in (*_MATCHES, ""))
        message = f"Unsupported value: {checks.shown(match)}: supported values: {listed}"
        yield Cause(UNSUPPORTED, message, field)
    if match == "Exact" and version == "0":
        yield checks.forbidden(field, f'{field} "exact" is forbidden for resourceVersion "0"')
    if "sendInitialEvents" in given:
        yield checks.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")
