from __future__ import annotations

from pathlib import Path

import pytest

from gateway.management.access.credentials import Credentials
from gateway.management.access.oidc import Rules
from gateway.management.objects.policy import DEFAULT, Policy
from gateway.management.settings import VARIABLES, read
from shared.runtime.settings import SettingsError
from shared.service.spaces import Spaces

GIVEN = {"MANAGEMENT_USERNAME": "oscar", "MANAGEMENT_PASSWORD": "secret"}


def test_defaults() -> None:
    settings = read(GIVEN)
    assert (settings.host, settings.port) == ("0.0.0.0", 8082)
    assert settings.credentials == Credentials("oscar", "secret")
    assert VARIABLES["MANAGEMENT_PORT"][0] == str(settings.port)


@pytest.mark.parametrize("text", ["0", "-1", "often", "nan", "86400"])
def test_reconciles_come_neither_without_pause_nor_never(text: str) -> None:
    assert read(GIVEN).reconcile == 30.0
    assert read({**GIVEN, "MANAGEMENT_RECONCILE": "5"}).reconcile == 5.0
    with pytest.raises(SettingsError, match="MANAGEMENT_RECONCILE: "):
        read({**GIVEN, "MANAGEMENT_RECONCILE": text})


def test_credentials_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text("admin:pw\n")
    assert read({"MANAGEMENT_CREDENTIALS_FILE": str(path)}).credentials == Credentials(
        "admin", "pw"
    )


@pytest.mark.parametrize("content", [None, "no colon"])
def test_an_unusable_file_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "credentials"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=f"MANAGEMENT_CREDENTIALS_FILE: .*{path}"):
        read({"MANAGEMENT_CREDENTIALS_FILE": str(path)})


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read({"MANAGEMENT_PORT": "x", "LOG_LEVEL": "LOUD", "MANAGEMENT_USERNAME": "a:b"})
    names = [problem.partition(":")[0] for problem in caught.value.problems]
    assert sorted(names) == [
        "LOG_LEVEL",
        "MANAGEMENT_PASSWORD",
        "MANAGEMENT_PORT",
        "MANAGEMENT_USERNAME",
    ]


def test_proxies_are_networks_and_names() -> None:
    assert read(GIVEN).proxies == ("127.0.0.0/8", "::1")
    stated = "10.0.0.0/8, 192.0.2.1,gateways.oscar.svc"
    proxies = read(GIVEN | {"MANAGEMENT_TRUSTED_PROXIES": stated}).proxies
    assert proxies == ("10.0.0.0/8", "192.0.2.1", "gateways.oscar.svc")
    for wrong in ("10.0.0.0/33", "a b", "10.0.0.1:80", "*"):
        with pytest.raises(SettingsError, match="MANAGEMENT_TRUSTED_PROXIES: '"):
            read(GIVEN | {"MANAGEMENT_TRUSTED_PROXIES": wrong})


def test_whose_tokens_are_accepted() -> None:
    assert read(GIVEN).tokens == Rules()
    stated = {
        "MANAGEMENT_OIDC_ISSUERS": "https://a.example/realms/x, http://127.0.0.1:9000",
        "MANAGEMENT_OIDC_GROUPS": "/oscar-staff, /oscar-test",
    }
    assert read(GIVEN | stated).tokens == Rules(
        ("https://a.example/realms/x", "http://127.0.0.1:9000"),
        groups=frozenset({"/oscar-staff", "/oscar-test"}),
    )


@pytest.mark.parametrize(
    ("stated", "problem"),
    [
        ({"MANAGEMENT_OIDC_ISSUERS": "http://a.example"}, "'http://a.example' is no URL with http"),
        ({"MANAGEMENT_OIDC_ISSUERS": "a.example"}, "'a.example' is no URL with https"),
        (
            {"MANAGEMENT_OIDC_ISSUERS": "https://a", "MANAGEMENT_OIDC_AUDIENCES": ""},
            "MANAGEMENT_OIDC_AUDIENCES: is missing, and MANAGEMENT_OIDC_GROUPS too",
        ),
    ],
)
def test_rules_for_tokens_that_are_none(stated: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        read(GIVEN | {"MANAGEMENT_OIDC_AUDIENCES": "us"} | stated)


def test_owners_have_namespaces_when_that_is_said() -> None:
    assert read(GIVEN).spaces == Spaces()
    assert read(GIVEN | {"MANAGEMENT_NAMESPACES": "per-owner"}).spaces.per_owner
    with pytest.raises(SettingsError, match="MANAGEMENT_NAMESPACES"):
        read(GIVEN | {"MANAGEMENT_NAMESPACES": "each"})


def test_what_is_wanted_of_pods_and_volumes() -> None:
    assert read(GIVEN).policy == DEFAULT
    settings = read(
        GIVEN
        | {
            "MANAGEMENT_VOLUME_STORAGE_CLASS": "nfs",
            "MANAGEMENT_VOLUME_ACCESS_MODE": "ReadWriteOnce",
            "MANAGEMENT_VOLUME_MAX_SIZE": "5Ti",
            "MANAGEMENT_POD_RUN_AS_NON_ROOT": "true",
            "MANAGEMENT_POD_READ_ONLY_ROOT": "1",
        }
    )
    assert settings.policy == Policy("nfs", "ReadWriteOnce", "5Ti", True, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MANAGEMENT_VOLUME_STORAGE_CLASS", "A b"),
        ("MANAGEMENT_VOLUME_ACCESS_MODE", "ReadOnlyMany"),
        ("MANAGEMENT_VOLUME_MAX_SIZE", "0"),
        ("MANAGEMENT_VOLUME_MAX_SIZE", "large"),
        ("MANAGEMENT_POD_READ_ONLY_ROOT", "perhaps"),
    ],
)
def test_a_wrong_wish_for_pods_and_volumes_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read(GIVEN | {name: value})


def test_the_documented_defaults_hold() -> None:
    stated = {name: default for name, (default, _) in VARIABLES.items() if default}
    assert read(GIVEN | stated).policy == DEFAULT
