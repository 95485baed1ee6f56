"""The folders behind PersistentVolumes: where the data of a claim are on this machine.

A volume's folder bears its handle, which holds the names of volume and claim, so that people find
it. It stays when pods come and go and when the cluster stops; it goes with its PersistentVolume.
Only what a deletion marked is removed: a lost store of the cluster does not take data with it.
"""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING, Final

from shared.embedded.kinds import FOLDERS, PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM
from shared.embedded.node.environment import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from shared.embedded.api.operations import Api
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

GONE: Final = ".deleted-"


class Folders:
    """The folders below `root`, made when a pod first mounts them."""

    def __init__(self, api: Api, root: Path) -> None:
        self._api = api
        self._root = root

    def of_claim(self, name: str, namespace: str) -> Path:
        """The folder of a claim's volume; raises ConfigError while it has none."""
        claim = self._api.find(PERSISTENT_VOLUME_CLAIM, name, namespace)
        if claim is None:
            raise ConfigError(f'MountVolume.SetUp failed: persistentvolumeclaim "{name}" not found')
        volume = self._api.find(PERSISTENT_VOLUME, claim["spec"].get("volumeName", ""))
        handle = _handle(volume) if volume is not None else ""
        if not handle:
            raise ConfigError(
                f'MountVolume.SetUp failed: persistentvolumeclaim "{name}" is not bound to a '
                "volume of this node"
            )
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._root / handle

    def remove(self, volume: Obj) -> None:
        """Remove the folder of a deleted volume; blocks while files are removed."""
        handle = _handle(volume)
        try:
            if handle and (self._root / handle).exists():
                (self._root / handle).rename(self._root / f"{GONE}{handle}")
        except OSError as error:
            log.warning("the files of volume %s stay: %s", volume["metadata"]["name"], error)
        self.clear()

    def clear(self) -> None:
        """Remove what deletions marked, also before a restart."""
        for folder in self._root.glob(f"{GONE}*"):
            shutil.rmtree(folder, ignore_errors=True)


def _handle(volume: Obj) -> str:
    """The name of a volume's folder; empty for a volume that is none of ours."""
    source = volume["spec"].get("csi") or {}
    handle = str(source.get("volumeHandle", ""))
    ours = source.get("driver") == FOLDERS and "/" not in handle and handle not in ("", ".", "..")
    return handle if ours else ""
