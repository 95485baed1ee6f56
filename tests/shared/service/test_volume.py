"""The volume of a service: what OSCAR's definitions say, and what cannot be mounted."""

from __future__ import annotations

from typing import Any

import pytest

from shared.service import fdl
from shared.service.model import Volume

BODY = {"name": "notes", "image": "i", "script": "s", "expose": {"api_port": 5000}}


def problems(**volume: Any) -> tuple[str, ...]:
    with pytest.raises(fdl.FdlError) as caught:
        fdl.parse_service(BODY | {"volume": volume})
    return caught.value.problems


@pytest.mark.parametrize(
    ("written", "volume"),
    [
        (None, None),
        ({}, None),
        ({"name": "", "size": "", "mount_path": ""}, None),
        ({"size": "1Gi", "mount_path": "/data"}, Volume("/data", "notes", "1Gi")),
        ({"size": " 1.5Gi ", "mount_path": " /data/ "}, Volume("/data/", "notes", "1.5Gi")),
        ({"name": "shared", "mount_path": "/data"}, Volume("/data", "shared")),
        ({"name": "0-9", "size": "", "mount_path": "/d"}, Volume("/d", "0-9")),
        (
            {"name": "v", "size": "500M", "mount_path": "/d", "lifecycle_policy": "delete"},
            Volume("/d", "v", "500M", "delete"),
        ),
        (
            {"size": "1Gi", "mount_path": "/d", "lifecycle_policy": "retain"},
            Volume("/d", "notes", "1Gi", "retain"),
        ),
    ],
)
def test_a_volume(written: Any, volume: Volume | None) -> None:
    service = fdl.parse_service(BODY | {"volume": written}).service
    assert service.volume == volume
    assert fdl.parse_service(fdl.to_json(service)).service == service
    assert fdl.load_definition(fdl.dump_definition(service)).volume == volume


@pytest.mark.parametrize(
    ("volume", "problem"),
    [
        ({"size": "1Gi"}, "volume.mount_path: volume.mount_path is required; "),
        ({"mount_path": "/d"}, "volume.name: volume.name is required when volume.size is not set"),
        ({"mount_path": "d", "name": "v"}, "volume.mount_path: volume.mount_path must be an abs"),
        ({"mount_path": "/d", "size": "0"}, "volume.size: volume.size must be a valid positive"),
        ({"mount_path": "/d", "size": "2E"}, "volume.size: volume.size must be a valid positive"),
        ({"mount_path": "/d", "size": "1 GB"}, "volume.size: volume.size must be a valid positi"),
        ({"mount_path": "/d", "name": "A_b"}, "volume.name: volume.name must satisfy Kubernetes"),
        ({"mount_path": "/d", "name": "a" * 64}, "volume.name: volume.name must satisfy Kubern"),
        (
            {"mount_path": "/d", "size": "1Gi", "lifecycle_policy": "keep"},
            'volume.lifecycle_policy: volume.lifecycle_policy must be either "delete" or "retain"',
        ),
        (
            {"mount_path": "/d", "name": "v", "lifecycle_policy": "delete"},
            "volume.lifecycle_policy: volume.lifecycle_policy is only valid when volume.size is",
        ),
        ({"mount_path": 1, "size": "1Gi"}, "volume.mount_path: volume.mount_path must be an abs"),
        ({"mount_path": [], "size": "1Gi"}, "volume.mount_path: [] is not text"),
    ],
)
def test_a_volume_that_cannot_be(volume: dict[str, Any], problem: str) -> None:
    (found,) = problems(**volume)
    assert found.startswith(problem)


@pytest.mark.parametrize(
    "path", ["/oscar/config", "/oscar/bin/x", "/oscar//config/", "/oscar", "/", "//"]
)
def test_what_oscar_mounts_itself_is_not_hidden(path: str) -> None:
    (found,) = problems(mount_path=path, size="1Gi")
    assert "volume.mount_path cannot overlap OSCAR reserved paths" in found


@pytest.mark.parametrize("path", ["/a:b", "/a/../b", "/a\x7f", "/a\nb", "/" + "a" * 1024])
def test_a_mount_path_is_plain(path: str) -> None:
    (found,) = problems(mount_path=path, size="1Gi")
    assert found.startswith("volume.mount_path: volume.mount_path must be a plain path")


def test_a_volume_is_a_mapping() -> None:
    with pytest.raises(fdl.FdlError, match="volume: 'data' is not a mapping of fields"):
        fdl.parse_service(BODY | {"volume": "data"})


def test_an_unknown_field_is_told() -> None:
    parsed = fdl.parse_service(BODY | {"volume": {"size": "1Gi", "mount_path": "/d", "note": "x"}})
    assert parsed.warnings == ("volume.note: unknown field is ignored",)


def test_what_is_stored_stays_readable() -> None:
    stored = fdl.load_definition("name: n\nimage: i\nvolume: {size: 1Gi}\n")
    assert stored.volume is None
