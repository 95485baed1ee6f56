"""Questions about who may do what, and who somebody is: `kubectl auth can-i`, `auth whoami`.

Called by `subresources`; the rights and the tokens are handed in.
https://kubernetes.io/docs/reference/access-authn-authz/authorization/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded import kinds
from shared.embedded.access import rbac
from shared.embedded.access.rbac import User
from shared.embedded.errors import StatusError, bad_request, no_such_resource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.embedded.access.authentication import Tokens
    from shared.embedded.access.rbac import Attributes, Policy
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

_RESOURCE_RULES: Final = ("verbs", "apiGroups", "resources", "resourceNames")
_PATH_RULES: Final = ("verbs", "nonResourceURLs")


def answer(kind: Kind, review: Obj, user: User, policy: Policy, tokens: Tokens) -> Obj:
    """The status of `review`, which `user` sent."""
    spec = review.get("spec") or {}
    if kind is kinds.SELF_SUBJECT_REVIEW:
        return {"userInfo": _shown(user)}
    if kind is kinds.SELF_SUBJECT_ACCESS_REVIEW:
        return {"allowed": rbac.allows(policy, user, _attributes(spec))}
    if kind is kinds.SELF_SUBJECT_RULES_REVIEW:
        return _rules(rbac.rules(policy, user, spec.get("namespace") or ""))
    if kind in (kinds.SUBJECT_ACCESS_REVIEW, kinds.LOCAL_SUBJECT_ACCESS_REVIEW):
        return {"allowed": rbac.allows(policy, _subject(spec), _attributes(spec))}
    if kind is kinds.TOKEN_REVIEW:
        return _token(spec, tokens)
    raise no_such_resource()


def _token(spec: Obj, tokens: Tokens) -> Obj:
    asked = spec.get("audiences") or []
    try:
        user, audiences = tokens.holder(spec.get("token") or "", asked)
    except StatusError:
        error = "invalid bearer token" if spec.get("token") else ""
        return {"authenticated": False, "user": {}, **({"error": error} if error else {})}
    return {"authenticated": True, "user": _shown(user), "audiences": list(audiences)}


def _rules(rules: Iterable[Obj]) -> Obj:
    by_resource: list[Obj] = []
    by_path: list[Obj] = []
    for rule in rules:
        paths = bool(rule.get("nonResourceURLs"))
        kept = _PATH_RULES if paths else _RESOURCE_RULES
        (by_path if paths else by_resource).append(
            {field: list(rule[field]) for field in kept if rule.get(field)}
        )
    return {"resourceRules": by_resource, "nonResourceRules": by_path, "incomplete": False}


def _shown(user: User) -> Obj:
    shown: Obj = {"username": user.name, "uid": user.uid, "groups": list(user.groups)}
    shown["extra"] = {key: list(values) for key, values in user.extra}
    return {key: value for key, value in shown.items() if value}


def _subject(spec: Obj) -> User:
    """Whom an access review is about; it has the groups that are named, and no others."""
    if not spec.get("user") and not spec.get("groups"):
        raise bad_request("spec.user: at least one of user or groups must be specified")
    extra = tuple((key, tuple(values)) for key, values in (spec.get("extra") or {}).items())
    groups = tuple(spec.get("groups") or ())
    return User(spec.get("user") or "", groups, spec.get("uid") or "", extra)


def _attributes(spec: Obj) -> Attributes:
    paths, asked = spec.get("nonResourceAttributes"), spec.get("resourceAttributes")
    if (paths is None) == (asked is None):
        raise bad_request("spec: exactly one of nonResourceAttributes or resourceAttributes is due")
    if asked is None:
        return rbac.Attributes(_text(paths, "verb"), path=_text(paths, "path"))
    resource, subresource = _text(asked, "resource"), _text(asked, "subresource")
    return rbac.Attributes(
        verb=_text(asked, "verb"),
        group=_text(asked, "group"),
        resource=f"{resource}/{subresource}" if subresource else resource,
        namespace=_text(asked, "namespace"),
        name=_text(asked, "name"),
    )


def _text(given: Obj | None, field: str) -> str:
    return (given or {}).get(field) or ""
