"""Acting as somebody else: the headers of `kubectl --as`, and who may send them. Pure.

Called by the HTTP server once it knows who asks.
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from shared.embedded.access import rbac
from shared.embedded.access.rbac import ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED, Attributes, User
from shared.embedded.errors import StatusError

if TYPE_CHECKING:
    from collections.abc import Callable

    from multidict import MultiMapping

_USER: Final = "Impersonate-User"
_GROUP: Final = "Impersonate-Group"
_UID: Final = "Impersonate-Uid"
_EXTRA: Final = "impersonate-extra-"
_ACCOUNT: Final = "system:serviceaccount:"
_REVIEWS: Final = "authentication.k8s.io"


class _Asked(NamedTuple):
    """What the headers of a request say."""

    name: str
    groups: tuple[str, ...]
    uid: str
    extra: tuple[tuple[str, tuple[str, ...]], ...]


def acting(
    headers: MultiMapping[str], user: User, allowed: Callable[[User, Attributes], bool]
) -> User:
    """As whom `user` asks: another one when the headers say so, which `user` must be allowed to.

    Raises 403 for the first part that may not be taken on, 500 for parts without a name.
    """
    asked = _asked(headers)
    if not any(asked):
        return user
    if not asked.name:
        why = f"requested {_shown(asked)} without impersonating a user"
        raise StatusError(500, "InternalError", why)
    for attributes in _rights(asked):
        if not allowed(user, attributes):
            raise rbac.refusal(user, attributes)
    return User(asked.name, _groups(asked), asked.uid, asked.extra)


def _asked(headers: MultiMapping[str]) -> _Asked:
    extra: dict[str, list[str]] = {}
    for name, value in headers.items():
        if name.lower().startswith(_EXTRA):
            extra.setdefault(unquote(name[len(_EXTRA) :].lower()), []).append(value)
    return _Asked(
        headers.get(_USER, ""),
        tuple(headers.getall(_GROUP, ())),
        headers.get(_UID, ""),
        tuple((key, tuple(values)) for key, values in extra.items()),
    )


def _rights(asked: _Asked) -> list[Attributes]:
    """What must be allowed, each to itself."""
    rights = [_right_to_name(asked.name)]
    rights += [Attributes("impersonate", "", "groups", name=group) for group in asked.groups]
    if asked.uid:
        rights.append(Attributes("impersonate", _REVIEWS, "uids", name=asked.uid))
    rights += [
        Attributes("impersonate", _REVIEWS, f"userextras/{key}", name=value)
        for key, values in asked.extra
        for value in values
    ]
    return rights


def _right_to_name(name: str) -> Attributes:
    if account := _account(name):
        namespace, short = account
        return Attributes("impersonate", "", "serviceaccounts", namespace, short)
    return Attributes("impersonate", "", "users", name=name)


def _groups(asked: _Asked) -> tuple[str, ...]:
    """Those that are asked for, or what a service account always has; and what all have."""
    groups = asked.groups
    if not groups and (account := _account(asked.name)):
        return rbac.service_account(*account).groups
    if asked.name == ANONYMOUS:
        return (*groups, UNAUTHENTICATED) if UNAUTHENTICATED not in groups else groups
    known = AUTHENTICATED in groups or UNAUTHENTICATED in groups
    return groups if known else (*groups, AUTHENTICATED)


def _account(name: str) -> tuple[str, str] | None:
    """Namespace and name of the service account that is called so."""
    namespace, colon, short = name.removeprefix(_ACCOUNT).partition(":")
    whole = name.startswith(_ACCOUNT) and colon and namespace and short and ":" not in short
    return (namespace, short) if whole else None


def _shown(asked: _Asked) -> str:
    parts = {"groups": asked.groups, "uid": asked.uid, "extra": dict(asked.extra)}
    return ", ".join(f"{name} {value}" for name, value in parts.items() if value)
