"""Questions about oneself, and tokens: `kubectl auth can-i`, `auth whoami`, `create token`.

Called by `subresources`; whether something is allowed is asked of a function that is handed in.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from shared.embedded import kinds
from shared.embedded.access import rbac
from shared.embedded.errors import StatusError, bad_request, no_such_resource
from shared.embedded.schema.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.embedded.access.authentication import Tokens
    from shared.embedded.access.rbac import Attributes, User
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

_DEFAULT_SECONDS: Final = 3600
_LONGEST_SECONDS: Final = 1 << 32


def answer(kind: Kind, review: Obj, user: User, allowed: Callable[[Attributes], bool]) -> Obj:
    """`review` with its status; `allowed` tells what `user` may do."""
    if kind is kinds.SELF_SUBJECT_REVIEW:
        shown = {"username": user.name, "groups": list(user.groups)}
        return {**review, "status": {"userInfo": shown}}
    if kind is kinds.SELF_SUBJECT_ACCESS_REVIEW:
        return {**review, "status": {"allowed": allowed(_attributes(review.get("spec")))}}
    raise no_such_resource()


def grant(tokens: Tokens, request: Obj, namespace: str, name: str, now: float) -> Obj:
    """A TokenRequest fulfilled: a new token of the service account, and when it expires."""
    spec = request.get("spec")
    asked = spec.get("expirationSeconds") if isinstance(spec, dict) else None
    seconds = _DEFAULT_SECONDS if asked is None else asked
    if type(seconds) is not int or not 600 <= seconds <= _LONGEST_SECONDS:
        raise StatusError(
            422, "Invalid", "spec.expirationSeconds: may not specify a duration less than 10 "
            "minutes or larger than 2^32 seconds",
        )  # fmt: skip
    token = secrets.token_urlsafe(32)
    tokens.add(token, rbac.service_account(namespace, name), expires=now + seconds)
    return {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": timestamp(now)},
        "spec": {"expirationSeconds": seconds},
        "status": {"token": token, "expirationTimestamp": timestamp(now + seconds)},
    }


def _attributes(spec: Any) -> Attributes:
    spec = spec if isinstance(spec, dict) else {}
    if isinstance(paths := spec.get("nonResourceAttributes"), dict):
        return rbac.Attributes(_text(paths, "verb"), path=_text(paths, "path"))
    asked = spec.get("resourceAttributes")
    if not isinstance(asked, dict):
        raise bad_request("spec: exactly one of nonResourceAttributes or resourceAttributes is due")
    resource, subresource = _text(asked, "resource"), _text(asked, "subresource")
    return rbac.Attributes(
        verb=_text(asked, "verb"),
        group=_text(asked, "group"),
        resource=f"{resource}/{subresource}" if subresource else resource,
        namespace=_text(asked, "namespace"),
        name=_text(asked, "name"),
    )


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name) or ""
    if not isinstance(value, str):
        raise bad_request(f"spec: {name} is a string")
    return value
