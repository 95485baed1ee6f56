from __future__ import annotations

import platform

import pytest

from gateway.management.answers import system
from gateway.management.answers.system import BASIC_ONLY, Login


def test_the_version_is_read_as_one_with_lists_of_ports() -> None:
    """As the dashboard compares: digits of each part."""
    told = system.info("1", "v1.36.2")
    assert [int(part.strip("v")) for part in told["version"].split(".")] >= [4, 1, 0]
    assert told["kubernetes_version"] == "v1.36.2"


@pytest.mark.parametrize(
    ("machine", "told"), [("x86_64", "amd64"), ("AARCH64", "arm64"), ("riscv64", "riscv64")]
)
def test_the_architecture_has_the_name_that_go_gives_it(
    machine: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert system.info("1", "")["architecture"] == told


def test_groups_and_issuers_are_told() -> None:
    login = Login(enabled=True, issuers=("https://issuer.example",), groups=("vo.example",))
    assert system.config(login, [])["config"]["oidc_groups"] == ["vo.example"]
    assert system.status({}, [], login, "", [])["oscar"]["oidc"] == {
        "enabled": True,
        "issuers": ["https://issuer.example"],
        "groups": ["vo.example"],
    }


def test_pods_are_counted_by_phase() -> None:
    pods = [{"status": {"phase": "Running"}}, {"status": {"phase": "Running"}}, {}]
    assert system.status({}, pods, BASIC_ONLY, "", [])["oscar"]["pods"] == {
        "total": 3,
        "states": {"Pending": 0, "Running": 2, "Succeeded": 0, "Failed": 0, "Unknown": 1},
    }


def test_what_is_missing_is_said() -> None:
    assert system.status({}, [], BASIC_ONLY, "", ["One.", "Two."])["message"] == "One. Two."
    assert "message" not in system.status({}, [], BASIC_ONLY, "", [])
