"""The groups that claims put their subject into, in the forms that OSCAR reads. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_EGI: Final = "urn:mace:egi.eu:group:"


def groups_of(claims: Mapping[str, Any]) -> frozenset[str]:
    """All of them: `group_membership` and `groups` as lists, Keycloak's `realm_access.roles`, and
    EGI's `entitlements` (AARC-G069: `urn:mace:egi.eu:group:<group>:role=…`)."""
    realm = claims.get("realm_access")
    lists = (
        claims.get("group_membership"),
        claims.get("groups"),
        realm.get("roles") if isinstance(realm, Mapping) else None,
    )
    stated = [word for one in lists for word in _words(one)]
    return frozenset(stated) | {
        urn.removeprefix(_EGI).partition(":")[0]
        for urn in (word.strip().lower() for word in _words(claims.get("entitlements")))
        if urn.startswith(_EGI)
    }


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
