"""Folders behind claims: shared by pods, kept, and removed with their volume alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.embedded.api.bootstrap import STORAGE
from shared.embedded.kinds import (
    FOLDERS,
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    STORAGE_CLASS,
)
from shared.embedded.node.environment import ConfigError
from shared.embedded.node.folders import GONE, Folders
from tests.waiting import until

SPACE = "oscar-svc"
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}},
}
SPEC: dict[str, Any] = {
    "volumes": [
        {"name": "d", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "s", "configMap": {"name": "script"}},
    ],
    "container": {
        "command": ["/bin/sh", "/scripts/run.sh", "/data"],
        "env": [{"name": "WHERE", "value": "/data/deep"}],
        "volumeMounts": [
            {"name": "d", "mountPath": "/data"},
            {"name": "s", "mountPath": "/scripts"},
        ],
    },
}
RUN = "echo $1; mkdir -p $WHERE; echo x >> /data/deep/lines; wc -l < /data/deep/lines; exec sleep 9"


def volume(handle: str, driver: str = FOLDERS) -> dict[str, Any]:
    return {
        "metadata": {"name": "pv"},
        "spec": {"csi": {"driver": driver, "volumeHandle": handle}},
    }


def test_a_volume_goes_with_its_folder_and_no_other(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    folders = Folders(None, tmp_path)  # type: ignore[arg-type]
    folders.remove(volume("one"))
    for other in (volume("two", "other"), volume("../x"), volume(".."), volume(""), volume("no")):
        folders.remove(other)
    assert [path.name for path in tmp_path.iterdir()] == ["two"]


def test_what_a_deletion_left_is_removed_at_the_start_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / f"{GONE}one").mkdir()
    (tmp_path / "unknown").mkdir()
    Folders(None, tmp_path).clear()  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["unknown"]


def test_a_claim_without_a_volume_has_no_folder(node: Any) -> None:
    folders = Folders(node.api, node.home)
    with pytest.raises(ConfigError, match='persistentvolumeclaim "data" not found'):
        folders.of_claim("data", SPACE)
    node.api.create(PERSISTENT_VOLUME_CLAIM, CLAIM, SPACE, manager="test")
    with pytest.raises(ConfigError, match='"data" is not bound'):
        folders.of_claim("data", SPACE)


async def test_pods_share_what_they_write_and_it_outlives_them(node: Any) -> None:
    node.api.create(STORAGE_CLASS, STORAGE, manager="test")
    node.api.create(PERSISTENT_VOLUME_CLAIM, CLAIM, SPACE, manager="test")
    node.configure("script", **{"run.sh": RUN})
    await node.until_idle()
    for count, name in enumerate(("p", "q"), start=1):
        await node.run("", name, **{**SPEC, "container": dict(SPEC["container"])})
        await node.until(lambda name=name: "running" in node.status(name)["state"])
        where, lines = await node.printed(2, name)
        assert lines.strip() == str(count)
        assert Path(where).parent == node.home / "volumes"
        assert Path(where).name.endswith("_oscar-svc_data"), "the path in argument and script"
    for name in ("p", "q"):
        node.api.delete(POD, name, SPACE, grace=1)
    node.api.delete(PERSISTENT_VOLUME_CLAIM, "data", SPACE)
    await node.until(lambda: not node.api.list(PERSISTENT_VOLUME))
    await until(lambda: not list((node.home / "volumes").iterdir()))
