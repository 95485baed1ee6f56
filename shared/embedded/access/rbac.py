"""Role-based access control: https://kubernetes.io/docs/reference/access-authn-authz/rbac/. Pure.

Roles, bindings and the request are arguments, given by the HTTP server; nothing is allowed that no
rule allows, but to system:masters everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.embedded.errors import StatusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shared.service.objects import Obj

ADMINISTRATORS: Final = "system:masters"
AUTHENTICATED: Final = "system:authenticated"
UNAUTHENTICATED: Final = "system:unauthenticated"
ANONYMOUS: Final = "system:anonymous"

_ALL: Final = "*"


@dataclass(frozen=True, slots=True)
class User:
    """Who makes a request."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a request does. `resource` includes the subresource; `path` is that of a request that
    names no resource, and then all but `verb` is empty."""

    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """The RBAC objects in force."""

    roles: Iterable[Obj]
    role_bindings: Iterable[Obj]
    cluster_roles: Iterable[Obj]
    cluster_role_bindings: Iterable[Obj]


def administrator(name: str = "kubernetes-admin") -> User:
    """A user who may do everything."""
    return User(name, (ADMINISTRATORS, AUTHENTICATED))


def service_account(namespace: str, name: str, uid: str = "") -> User:
    """The user that a service account's token stands for."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return User(f"system:serviceaccount:{namespace}:{name}", (*groups, AUTHENTICATED), uid)


def allows(policy: Policy, user: User, request: Attributes) -> bool:
    """Whether `user` may do `request`."""
    if ADMINISTRATORS in user.groups:
        return True
    return any(_covers(rule, request) for rule in rules(policy, user, request.namespace))


def refusal(user: User, request: Attributes) -> StatusError:
    """403 in Kubernetes' words."""
    quoted = f' "{request.name}"' if request.name else ""
    if request.path:
        message = f'forbidden: User "{user.name}" cannot {request.verb} path "{request.path}"'
        return StatusError(403, "Forbidden", message, {})
    plural, _, _ = request.resource.partition("/")
    shown = f"{plural}.{request.group}" if request.group else plural
    where = (
        f' in the namespace "{request.namespace}"'
        if request.namespace
        else (" at the cluster scope")
    )
    message = (
        f'{shown}{quoted} is forbidden: User "{user.name}" cannot {request.verb} resource '
        f'"{request.resource}" in API group "{request.group}"{where}'
    )
    about = {"name": request.name, "group": request.group, "kind": plural}
    return StatusError(403, "Forbidden", message, {k: v for k, v in about.items() if v})


def rules(policy: Policy, user: User, namespace: str) -> Iterator[Obj]:
    """The rules that hold for `user` in `namespace` (empty: in the whole cluster)."""
    cluster = {role["metadata"]["name"]: role for role in policy.cluster_roles}
    for binding in policy.cluster_role_bindings:
        if _binds(binding, user):
            yield from _rules_of(cluster.get(binding["roleRef"]["name"]))
    if not namespace:
        return
    local = {
        role["metadata"]["name"]: role
        for role in policy.roles
        if role["metadata"]["namespace"] == namespace
    }
    for binding in policy.role_bindings:
        if binding["metadata"]["namespace"] == namespace and _binds(binding, user):
            reference = binding["roleRef"]
            source = local if reference["kind"] == "Role" else cluster
            yield from _rules_of(source.get(reference["name"]))


def _rules_of(role: Obj | None) -> Iterable[Obj]:
    return (role.get("rules") or ()) if role else ()


def _binds(binding: Obj, user: User) -> bool:
    return any(_is_subject(subject, user, binding) for subject in binding.get("subjects", ()))


def _is_subject(subject: Obj, user: User, binding: Obj) -> bool:
    kind, name = subject["kind"], subject["name"]
    if kind == "ServiceAccount":
        namespace = subject.get("namespace") or binding["metadata"].get("namespace", "")
        return user.name == f"system:serviceaccount:{namespace}:{name}"
    return name == user.name if kind == "User" else name in user.groups


def _covers(rule: Obj, request: Attributes) -> bool:
    if not _has(rule.get("verbs"), request.verb):
        return False
    if request.path:
        return any(_path_matches(url, request.path) for url in rule.get("nonResourceURLs", ()))
    names = rule.get("resourceNames")
    return (
        _has(rule.get("apiGroups"), request.group)
        and _has_resource(rule.get("resources", ()), request.resource)
        and (not names or request.name in names)
    )


def _has(values: list[str] | None, value: str) -> bool:
    return values is not None and (_ALL in values or value in values)


def _has_resource(resources: Iterable[str], wanted: str) -> bool:
    """`*`, `pods`, `pods/log`, or `*/scale` for that subresource of everything."""
    _, slash, subresource = wanted.partition("/")
    return any(
        each in (_ALL, wanted) or (slash and each == f"*/{subresource}") for each in resources
    )


def _path_matches(pattern: str, path: str) -> bool:
    return path == pattern or (pattern.endswith(_ALL) and path.startswith(pattern[:-1]))
