"""Cells of bindings."""

from __future__ import annotations

from shared.embedded.tables import rbac


def test_a_binding_names_its_role_and_its_subjects_by_kind() -> None:
    binding = {
        "metadata": {"name": "b"},
        "roleRef": {"kind": "Role", "name": "r"},
        "subjects": [
            {"kind": "ServiceAccount", "name": "gateway", "namespace": "oscar"},
            {"kind": "User", "name": "jane"},
            {"kind": "Group", "name": "ops"},
        ],
    }
    row = {column.name: column.cell(binding, 0.0) for column in rbac.BINDINGS}
    assert row["Role"] == "Role/r"
    assert (row["Users"], row["Groups"], row["ServiceAccounts"]) == ("jane", "ops", "oscar/gateway")
