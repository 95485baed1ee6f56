"""Refusals of the API server, in Kubernetes' own words. Pure.

Each constructor gives the code, reason, message and details that kube-apiserver gives (see
k8s.io/apimachinery/pkg/api/errors); clients decide by code and reason, people read the message.
Raised in every room; only `http` turns them into answers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj


class StatusError(Exception):
    """A request refused; `status()` is the body of the answer."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.metadata = metadata or {}

    def status(self) -> Obj:
        """The `Status` object, shaped as kube-apiserver shapes it."""
        body: Obj = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": dict(self.metadata),
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = dict(self.details)
        body["code"] = self.code
        return body


class UndecodableError(StatusError):
    """A field of a wrong type; `why` is the error in the words of Go's encoding/json."""

    def __init__(self, kind: str, version: str, why: str) -> None:
        super().__init__(
            400, "BadRequest", f'{kind} in version "{version}" cannot be handled as a {kind}: {why}'
        )
        self.why = why


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing wrong with one field; `field` is a path such as `spec.ports[0].port`."""

    reason: str
    message: str
    field: str

    def json(self) -> Obj:
        return {"reason": self.reason, "message": self.message, "field": self.field}


def details(kind: Kind, name: str = "", **more: Any) -> Obj:
    """`details` of a Status about the object `name` of `kind`; empty fields are left out."""
    fields = {"name": name, "group": kind.group, "kind": kind.plural, **more}
    return {key: value for key, value in fields.items() if value}


def not_found(kind: Kind, name: str) -> StatusError:
    message = f'{kind.resource} "{name}" not found'
    return StatusError(404, "NotFound", message, details(kind, name))


def no_such_resource() -> StatusError:
    return StatusError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(kind: Kind, name: str) -> StatusError:
    message = f'{kind.resource} "{name}" already exists'
    return StatusError(409, "AlreadyExists", message, details(kind, name))


def modified(kind: Kind, name: str) -> StatusError:
    """A stale resourceVersion."""
    return conflict(
        kind,
        name,
        "the object has been modified; please apply your changes to the latest version and try "
        "again",
    )


def conflict(kind: Kind, name: str, why: str) -> StatusError:
    return conflict_over(kind.plural, name, why, kind.group)


def conflict_of_kind(kind: Kind, name: str, why: str) -> StatusError:
    """A delete's precondition, which kube-apiserver tells of by the kind instead of its plural."""
    return conflict_over(kind.kind, name, why, kind.group)


def conflict_over(what: str, name: str, why: str, group: str = "") -> StatusError:
    """409 about the object `name`, called `what` of `group`."""
    message = (
        f'Operation cannot be fulfilled on {what}{"." + group if group else ""} "{name}": {why}'
    )
    shown = {"name": name, "group": group, "kind": what}
    return StatusError(409, "Conflict", message, {k: v for k, v in shown.items() if v})


def apply_conflict(conflicts: Sequence[tuple[str, str]]) -> StatusError:
    """Server-side apply without force met fields of others: (manager as shown, path) of each."""
    causes = [
        Cause("FieldManagerConflict", f"conflict with {manager}", path).json()
        for manager, path in conflicts
    ]
    if len(conflicts) == 1:
        what = f"1 conflict: conflict with {conflicts[0][0]}: {conflicts[0][1]}"
    else:
        lines: dict[str, list[str]] = {}
        for manager, path in sorted(conflicts):
            lines.setdefault(f"conflicts with {manager}:", []).append(f"- {path}")
        text = "\n".join(line for head, paths in lines.items() for line in (head, *paths))
        what = f"{len(conflicts)} conflicts: {text}"
    return StatusError(409, "Conflict", f"Apply failed with {what}", {"causes": causes})


def invalid(kind: Kind, name: str, causes: Sequence[Cause]) -> StatusError:
    """422; the group is that of the form in which objects are stored, whose fields are named."""
    return invalid_as(kind.hub.group, kind.kind, name, causes)


def invalid_as(group: str, kind: str, name: str, causes: Sequence[Cause]) -> StatusError:
    """422 about an object called `name`, shown as `kind` of `group` (a Scale, PatchOptions, …)."""
    lines = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    what = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    message = f'{kind}{"." + group if group else ""} "{name}" is invalid: {what}'
    about = {"name": name, "group": group, "kind": kind}
    shown: Obj = {key: value for key, value in about.items() if value}
    shown["causes"] = [cause.json() for cause in causes]
    return StatusError(422, "Invalid", message, shown)


def invalid_patch(shown: str, why: str) -> StatusError:
    """A patch that leaves no object of its kind; `shown` is the patch or what it has made."""
    cause = Cause(
        INVALID, f"Invalid value: {json.dumps(shown, ensure_ascii=False)}: {why}", "patch"
    )
    return invalid_as("", "", "", [cause])


def rejected() -> StatusError:
    """A JSON patch whose test fails or whose path is absent."""
    message = "the server rejected our request due to an error in our request"
    return StatusError(422, "Invalid", message, {})


def bad_request(message: str) -> StatusError:
    return StatusError(400, "BadRequest", message)


def unauthorized() -> StatusError:
    return StatusError(401, "Unauthorized", "Unauthorized")


def terminating(kind: Kind, name: str, namespace: str) -> StatusError:
    """Nothing new comes into a namespace that is on its way out."""
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    cause = Cause(
        "NamespaceTerminating", f"namespace {namespace} is being terminated", "metadata.namespace"
    )
    refusal = forbidden(kind, name, why)
    refusal.details = {**(refusal.details or {}), "causes": [cause.json()]}
    return refusal


def forbidden(kind: Kind, name: str, why: str) -> StatusError:
    quoted = f' "{name}"' if name else ""
    message = f"{kind.resource}{quoted} is forbidden: {why}"
    return StatusError(403, "Forbidden", message, details(kind, name))


def method_not_allowed() -> StatusError:
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", message, {})


def not_acceptable(offered: Sequence[str]) -> StatusError:
    """A media type that is known, but not in the form or for the stream asked for."""
    message = f"only the following media types are accepted: {', '.join(offered)}"
    return StatusError(406, "NotAcceptable", message)


def unknown_representation(offered: Sequence[str]) -> StatusError:
    """No media type of the Accept header is known."""
    message = f"406: Not Acceptable\n\nAvailable representations: {', '.join(offered)}"
    return StatusError(406, "NotAcceptable", message, {})


def unsupported_media_type(accepted: Sequence[str]) -> StatusError:
    message = (
        "the body of the request was in an unknown format - accepted media types include: "
        f"{', '.join(accepted)}"
    )
    return StatusError(415, "UnsupportedMediaType", message)


def unsupported_patch_type() -> StatusError:
    return StatusError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def too_large(limit: int) -> StatusError:
    message = f"Request entity too large: limit is {limit}"
    return StatusError(413, "RequestEntityTooLarge", message)


def too_many_requests(message: str) -> StatusError:
    """A bound of the server; a client tries again after a second."""
    return StatusError(429, "TooManyRequests", message, {"retryAfterSeconds": 1})


def expired(message: str, metadata: Mapping[str, Any] | None = None) -> StatusError:
    return StatusError(410, "Expired", message, metadata=metadata)


def too_large_version(wanted: int, current: int) -> StatusError:
    """The resourceVersion asked for lies in the future; a client retries after a second."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    message = f"Timeout: Too large resource version: {wanted}, current: {current}"
    return StatusError(504, "Timeout", message, {"causes": [cause], "retryAfterSeconds": 1})


def bare(message: str) -> StatusError:
    """An error that kube-apiserver passes on as it came, without a reason."""
    return StatusError(500, "", message)


def too_many_operations(limit: int, given: int) -> StatusError:
    message = (
        f"Request entity too large: The allowed maximum operations in a JSON patch is {limit}, "
        f"got {given}"
    )
    return StatusError(413, "RequestEntityTooLarge", message)


def bad_version(text: str) -> StatusError:
    """kube-apiserver answers a resourceVersion that is no number with a bare 500."""
    return bare(
        f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": '
        "invalid syntax"
    )


def unavailable(message: str) -> StatusError:
    return StatusError(503, "ServiceUnavailable", message)


def internal(message: str) -> StatusError:
    return StatusError(500, "InternalError", f"Internal error occurred: {message}")


def not_stored(why: str) -> StatusError:
    """The store cannot be written, as when the disk is full; kube-apiserver answers so when etcd
    has no space. Nothing was changed."""
    return internal(
        f"the store of the cluster cannot be written ({why}): make room on its disk; what is "
        "stored can be read, and writes work again by themselves"
    )


INVALID: Final = "FieldValueInvalid"
REQUIRED: Final = "FieldValueRequired"
DUPLICATE: Final = "FieldValueDuplicate"
FORBIDDEN: Final = "FieldValueForbidden"
UNSUPPORTED: Final = "FieldValueNotSupported"
