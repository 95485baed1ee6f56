"""Volumes as directories."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from shared.embedded.kinds import CONFIG_MAP, SECRET, Kind
from shared.embedded.node.environment import ConfigError
from shared.embedded.node.volumes import files, mounts, references, set_up, values, write

CONFIG: dict[str, Any] = {"name": "v", "configMap": {"name": "c"}}


def read(kind: Kind, name: str) -> dict[str, bytes] | None:
    found = {(CONFIG_MAP, "c"): {"a": b"1", "b": b"2"}, (SECRET, "s"): {"t": b"x"}}
    return found.get((kind, name))


def pod(*volumes: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"volumes": list(volumes)}}


def folder(claim: str) -> Path:
    if claim != "data":
        raise ConfigError(f'MountVolume.SetUp failed: persistentvolumeclaim "{claim}" not found')
    return Path("/home/volumes/data")


def test_values_are_decoded() -> None:
    assert values(SECRET, {"data": {"t": "eA=="}}) == {"t": b"x"}
    both = {"data": {"a": "é"}, "binaryData": {"b": "AA=="}}
    assert values(CONFIG_MAP, both) == {"a": "é".encode(), "b": b"\0"}


def test_all_keys_or_the_items_asked_for() -> None:
    assert files(CONFIG, read) == {"a": (b"1", 0o644), "b": (b"2", 0o644)}
    items = [{"key": "b", "path": "deep/bee", "mode": 0o600}]
    chosen = {"name": "v", "configMap": {"name": "c", "items": items, "defaultMode": 0o777}}
    assert files(chosen, read) == {"deep/bee": (b"2", 0o600)}


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x"])
def test_items_stay_inside(path: str) -> None:
    volume = {"name": "v", "configMap": {"name": "c", "items": [{"key": "a", "path": path}]}}
    with pytest.raises(ConfigError, match="leads out"):
        files(volume, read)


def test_what_is_missing_is_told_like_the_kubelet_does() -> None:
    with pytest.raises(ConfigError, match=r'MountVolume.SetUp failed for volume "v"'):
        files({"name": "v", "secret": {"secretName": "no"}}, read)
    assert files({"name": "v", "secret": {"secretName": "no", "optional": True}}, read) == {}
    volume = {"name": "v", "configMap": {"name": "c", "items": [{"key": "no", "path": "x"}]}}
    with pytest.raises(ConfigError, match="has no key no"):
        files(volume, read)


def test_files_are_the_owners_alone_and_follow_their_source(tmp_path: Path) -> None:
    write(tmp_path / "v", {"run.sh": (b"1", 0o777), "old": (b"x", 0o644)})
    assert stat.S_IMODE((tmp_path / "v" / "run.sh").stat().st_mode) == 0o700
    write(tmp_path / "v", {"run.sh": (b"2", 0o777)})
    assert (tmp_path / "v" / "run.sh").read_bytes() == b"2"
    assert [path.name for path in (tmp_path / "v").iterdir()] == ["run.sh"]


def test_each_type_gives_a_directory(tmp_path: Path) -> None:
    host = {"name": "h", "hostPath": {"path": "/tmp"}}
    found = set_up(pod(CONFIG, {"name": "e", "emptyDir": {}}, host), tmp_path, read, folder)
    assert (found["v"] / "a").read_text() == "1"
    assert found["e"].is_dir()
    assert found["h"] == Path("/tmp")
    with pytest.raises(ConfigError, match="is of type nfs; here there are configMap"):
        set_up(pod({"name": "n", "nfs": {}}), tmp_path, read, folder)


def test_an_empty_dir_keeps_what_is_in_it(tmp_path: Path) -> None:
    volume = {"name": "e", "emptyDir": {}}
    (set_up(pod(volume), tmp_path, read, folder)["e"] / "x").write_text("kept")
    assert (set_up(pod(volume), tmp_path, read, folder)["e"] / "x").read_text() == "kept"


def test_mounts_name_the_real_place(tmp_path: Path) -> None:
    container = {
        "volumeMounts": [
            {"name": "v", "mountPath": "/a"},
            {"name": "v", "mountPath": "/b/file", "subPath": "file"},
        ]
    }
    expected = {"/a": str(tmp_path), "/b/file": str(tmp_path / "file")}
    assert mounts(container, {"v": tmp_path}) == expected


def test_references() -> None:
    secret = {"name": "s", "secret": {"secretName": "x"}}
    assert references(pod(CONFIG, secret, {"name": "e", "emptyDir": {}})) == {
        (CONFIG_MAP, "c"),
        (SECRET, "x"),
    }


CLAIMED: dict[str, Any] = {"name": "d", "persistentVolumeClaim": {"claimName": "data"}}


def test_files_name_the_place_of_a_claim(tmp_path: Path) -> None:
    """Processes see no mounts: what a script says of a claim's path is made true."""

    def script(kind: Kind, name: str) -> dict[str, bytes]:
        return {"run.sh": b"ls /data /database; cat /data/x/y", "raw": b"\xff/data"}

    mounted = {"volumeMounts": [{"name": "d", "mountPath": "/data", "subPath": "deep"}]}
    spec = {"volumes": [CONFIG, CLAIMED], "containers": [mounted]}
    found = set_up({"spec": spec}, tmp_path, script, lambda claim: tmp_path / claim)
    place = tmp_path / "data" / "deep"
    assert (found["v"] / "run.sh").read_text() == f"ls {place} /database; cat {place}/x/y"
    assert (found["v"] / "raw").read_bytes() == b"\xff/data"
    assert mounts(mounted, found) == {"/data": str(place)}
    assert place.is_dir()


def test_a_claim_that_is_missing_is_told(tmp_path: Path) -> None:
    missing = {"name": "d", "persistentVolumeClaim": {"claimName": "no"}}
    with pytest.raises(ConfigError, match='persistentvolumeclaim "no" not found'):
        set_up(pod(missing), tmp_path, read, folder)
