from __future__ import annotations

from typing import Any

import pytest

from shared.service.sensitive import blanked, filled, found

PROVIDERS: dict[str, Any] = {
    "storage_providers": {
        "minio": {
            "default": {
                "endpoint": "https://minio",
                "access_key": "AK",
                "secret_key": "SK",
                "verify": True,
            }
        },
        "onedata": {"own": {"oneprovider_host": "host", "token": "T", "space": "s"}},
        "webdav": {"dcache": {"hostname": "h", "login": "me", "password": "P"}},
    },
    "clusters": {"a/b": {"endpoint": "https://c", "auth_user": "u", "auth_password": "AP"}},
    "federation": {"members": [{"service_name": "x", "headers": {"Authorization": "Bearer B"}}]},
    "refresh_token": "RT",
    "bucket_list": ["one"],
    "vo": "vo",
}

SECRETS = {
    "/storage_providers/minio/default/access_key": "AK",
    "/storage_providers/minio/default/secret_key": "SK",
    "/storage_providers/onedata/own/token": "T",
    "/storage_providers/webdav/dcache/password": "P",
    "/clusters/a~1b/auth_password": "AP",
    "/federation/members/0/headers/Authorization": "Bearer B",
    "/refresh_token": "RT",
}


def test_secrets_are_found_by_their_names() -> None:
    assert found(PROVIDERS) == SECRETS


def test_blanked_shows_none_and_filled_gives_them_back() -> None:
    blank = blanked(PROVIDERS)
    assert found(blank) == {}
    assert blank["clusters"]["a/b"] == {
        "endpoint": "https://c",
        "auth_user": "u",
        "auth_password": "",
    }
    assert filled(blank, SECRETS) == PROVIDERS


def test_what_is_given_anew_is_not_overwritten() -> None:
    assert filled({"token": "new", "password": ""}, {"/token": "old", "/password": "kept"}) == {
        "token": "new",
        "password": "kept",
    }


def test_a_secret_of_what_is_gone_stays_gone() -> None:
    assert filled({"clusters": {}}, SECRETS) == {"clusters": {}}


@pytest.mark.parametrize(
    "value",
    [
        {"apiKey": "x"},
        {"X-Api-Key": "x"},
        {"client-secret": "x"},
        {"credentials": {"user": "x"}},
        {"tokens": ["x", "x"]},
        {"PASSWD": 12345},
        {"endpoint": "https://me:x@host/path"},
        [{"endpoint": "s3://:x@host"}],
    ],
)
def test_other_spellings(value: Any) -> None:
    assert found(value)
    assert found(blanked(value)) == {}


@pytest.mark.parametrize(
    "value", [{"path": "a/b"}, {"endpoint": "https://host:9000/x@y"}, {"secret": None}, {}, "x"]
)
def test_what_is_not_secret(value: Any) -> None:
    assert found(value) == {}
    assert blanked(value) == value
