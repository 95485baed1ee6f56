"""Nobody gives more rights than he has: what is asked of who writes roles and their bindings. Pure.

Called by the HTTP server with the object as it will be stored.
https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Final

from shared.embedded import kinds
from shared.embedded.access import rbac
from shared.embedded.access.rbac import ADMINISTRATORS, Attributes
from shared.embedded.errors import forbidden, not_found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shared.embedded.access.rbac import Policy, User
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

_ROLES: Final = (kinds.ROLE, kinds.CLUSTER_ROLE)
_GUARDED: Final = (*_ROLES, kinds.ROLE_BINDING, kinds.CLUSTER_ROLE_BINDING)
_ALL: Final = "*"
_EVERYTHING: Final[list[Obj]] = [
    {"apiGroups": [_ALL], "resources": [_ALL], "verbs": [_ALL]},
    {"nonResourceURLs": [_ALL], "verbs": [_ALL]},
]
_PARTS: Final = {
    "apiGroups": "APIGroups",
    "resources": "Resources",
    "nonResourceURLs": "NonResourceURLs",
    "resourceNames": "ResourceNames",
    "verbs": "Verbs",
}
"""Of a rule, in the order and by the names in which messages show them."""
_OF_COLLECTING: Final = ("ownerReferences", "finalizers", "managedFields", "resourceVersion")


def concerns(user: User, kind: Kind) -> bool:
    """Whether what `user` writes of `kind` is to be checked."""
    return kind in _GUARDED and ADMINISTRATORS not in user.groups


def check(policy: Policy, user: User, kind: Kind, old: Obj | None, new: Obj) -> None:
    """Raise 403 when `user` has not got what `new` gives, nor the verb `escalate` on the role or
    `bind` on the role that is bound; 404 when there is no such role. For what it `concerns`."""
    if old is not None and _bare(old) == _bare(new):
        return
    name, namespace = new["metadata"].get("name", ""), new["metadata"].get("namespace", "")
    verb, role, of = ("escalate", kind, name) if kind in _ROLES else ("bind", *_bound(new))
    if rbac.allows(policy, user, Attributes(verb, role.group, role.plural, namespace, of)):
        return
    given = new if kind in _ROLES else _role(policy, role, of, namespace)
    held = list(rbac.rules(policy, user, namespace))
    if new.get("aggregationRule") and _missing(held, _EVERYTHING):
        why = "must have cluster-admin privileges to use an aggregationRule"
        raise forbidden(kind, name, why)
    if missing := _missing(held, given.get("rules") or ()):
        raise forbidden(kind, name, _told(user, missing))


def _bound(binding: Obj) -> tuple[Kind, str]:
    reference = binding["roleRef"]
    own = reference["kind"] == kinds.ROLE.kind
    return (kinds.ROLE if own else kinds.CLUSTER_ROLE), reference["name"]


def _bare(obj: Obj) -> Obj:
    """`obj` without what garbage collection changes, which gives no rights."""
    kept = {key: each for key, each in obj["metadata"].items() if key not in _OF_COLLECTING}
    return {**obj, "metadata": kept}


def _role(policy: Policy, kind: Kind, name: str, namespace: str) -> Obj:
    roles = policy.roles if kind is kinds.ROLE else policy.cluster_roles
    for each in roles:
        metadata = each["metadata"]
        if metadata["name"] == name and metadata.get("namespace", namespace) == namespace:
            return each
    raise not_found(kind, name)


def _missing(held: list[Obj], wanted: Iterable[Obj]) -> list[Obj]:
    """The smallest parts of `wanted` that no rule of `held` covers."""
    parts = (part for rule in wanted for part in _parts(rule))
    return [part for part in parts if not any(_covers(rule, part) for rule in held)]


def _parts(rule: Obj) -> Iterator[Obj]:
    """`rule` as rules of one verb, group, resource and name each."""
    groups, resources = rule.get("apiGroups") or (), rule.get("resources") or ()
    verbs, names = rule.get("verbs") or (), rule.get("resourceNames") or ("",)
    for group, resource, verb, name in itertools.product(groups, resources, verbs, names):
        part = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
        yield {**part, "resourceNames": [name]} if name else part
    for url, verb in itertools.product(rule.get("nonResourceURLs") or (), verbs):
        yield {"nonResourceURLs": [url], "verbs": [verb]}


def _covers(rule: Obj, part: Obj) -> bool:
    names, of = rule.get("resourceNames") or (), part.get("resourceNames") or ()
    return (
        _has_all(rule, part, "verbs")
        and _has_all(rule, part, "apiGroups")
        and all(_has_resource(rule, each) for each in part.get("resources", ()))
        and all(_has_url(rule, each) for each in part.get("nonResourceURLs", ()))
        and (not names or (bool(of) and set(of) <= set(names)))
    )


def _has_all(rule: Obj, part: Obj, field: str) -> bool:
    own = rule.get(field) or ()
    return _ALL in own or all(each in own for each in part.get(field, ()))


def _has_resource(rule: Obj, wanted: str) -> bool:
    own = rule.get("resources") or ()
    _, slash, subresource = wanted.partition("/")
    return _ALL in own or wanted in own or bool(slash and f"*/{subresource}" in own)


def _has_url(rule: Obj, wanted: str) -> bool:
    own = rule.get("nonResourceURLs") or ()
    return any(
        each == wanted or (each.endswith(_ALL) and wanted.rstrip(_ALL).startswith(each[:-1]))
        for each in own
    )


def _told(user: User, missing: list[Obj]) -> str:
    shown = sorted({_shown(rule) for rule in _joined(missing)})
    return (
        f"user {_quoted(user.name)} (groups={_listed(user.groups)}) is attempting to grant RBAC "
        "permissions not currently held:\n" + "\n".join(shown)
    )


def _joined(parts: list[Obj]) -> list[Obj]:
    """Parts that differ in their verb alone, as one."""
    found: dict[str, Obj] = {}
    for part in parts:
        key = json.dumps([part.get(field) for field in _PARTS if field != "verbs"])
        if "nonResourceURLs" in part:
            key += part["verbs"][0]
        known = found.setdefault(key, {**part, "verbs": []})
        known["verbs"] += [each for each in part["verbs"] if each not in known["verbs"]]
    return list(found.values())


def _shown(rule: Obj) -> str:
    told = [f"{name}:{_listed(rule[field])}" for field, name in _PARTS.items() if rule.get(field)]
    return "{" + ", ".join(told) + "}"


def _listed(values: Iterable[str]) -> str:
    return "[" + " ".join(map(_quoted, values)) + "]"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
