"""The columns of Roles and RoleBindings, of a namespace or of the cluster. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.tables.column import AGE, NAME, Column

if TYPE_CHECKING:
    from shared.service.objects import Obj


def _subjects(obj: Obj, kind: str) -> str:
    found = [subject for subject in obj.get("subjects") or [] if subject["kind"] == kind]
    return ", ".join(
        f"{s['namespace']}/{s['name']}" if s.get("namespace") else s["name"] for s in found
    )


def _role(obj: Obj, _: float) -> str:
    reference = obj.get("roleRef") or {}
    return f"{reference.get('kind')}/{reference.get('name')}"


ROLES: Final = (
    NAME,
    Column(
        "Created At",
        lambda obj, _: obj["metadata"].get("creationTimestamp") or "<unknown>",
        AGE.description,
        type="date",
    ),
)

BINDINGS: Final = (
    NAME,
    Column("Role", _role),
    AGE,
    Column("Users", lambda obj, _: _subjects(obj, "User"), wide=True),
    Column("Groups", lambda obj, _: _subjects(obj, "Group"), wide=True),
    Column("ServiceAccounts", lambda obj, _: _subjects(obj, "ServiceAccount"), wide=True),
)
