from __future__ import annotations

from typing import Any

import pytest

from gateway.management.access.groups import groups_of


@pytest.mark.parametrize(
    ("claims", "groups"),
    [
        ({}, set()),
        ({"group_membership": ["/oscar-staff", 7]}, {"/oscar-staff"}),
        ({"group_membership": "/oscar-staff"}, {"/oscar-staff"}),
        ({"groups": ["a"], "group_membership": None}, {"a"}),
        ({"realm_access": {"roles": ["vo.ai4eosc.eu"]}}, {"vo.ai4eosc.eu"}),
        ({"realm_access": ["x"]}, set()),
        (
            {
                "entitlements": [
                    "urn:mace:egi.eu:group:VO.example.eu:role=member#aai.egi.eu",
                    " urn:mace:egi.eu:group:other:role=vm#aai.egi.eu",
                    "urn:mace:else:group:third",
                ]
            },
            {"vo.example.eu", "other"},
        ),
    ],
)
def test_groups_in_each_form(claims: dict[str, Any], groups: set[str]) -> None:
    assert groups_of(claims) == groups
