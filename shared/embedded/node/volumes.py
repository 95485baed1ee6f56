"""Volumes as directories below the state directory: configMap, secret, emptyDir, hostPath.

Source: https://kubernetes.io/docs/concepts/storage/volumes/. Changes of a ConfigMap or Secret reach
the files, each replaced at once; as in Kubernetes, not those mounted by `subPath`.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from shared.embedded.files import replace
from shared.embedded.kinds import CONFIG_MAP, SECRET
from shared.embedded.node.environment import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

    Read = Callable[[Kind, str], Mapping[str, bytes] | None]
    """(CONFIG_MAP or SECRET, name) → its values, or None when there is none."""

    Files = dict[str, tuple[bytes, int]]
    """relative path → (content, mode)"""

SUPPORTED = "configMap, secret, emptyDir, hostPath"


def values(kind: Kind, obj: Obj) -> dict[str, bytes]:
    """The values of a ConfigMap or Secret."""
    if kind is SECRET:
        return {key: base64.b64decode(text) for key, text in (obj.get("data") or {}).items()}
    texts = {key: text.encode() for key, text in (obj.get("data") or {}).items()}
    binary = obj.get("binaryData") or {}
    return texts | {key: base64.b64decode(text) for key, text in binary.items()}


def references(pod: Obj) -> set[tuple[Kind, str]]:
    """(kind, name) of every ConfigMap and Secret that the pod mounts."""
    found = set()
    for volume in pod["spec"].get("volumes") or ():
        if "configMap" in volume:
            found.add((CONFIG_MAP, volume["configMap"]["name"]))
        elif "secret" in volume:
            found.add((SECRET, volume["secret"]["secretName"]))
    return found


def files(volume: Obj, read: Read) -> Files:
    """What a configMap or secret volume holds. Raises ConfigError for what is missing."""
    if "configMap" in volume:
        kind, source, name = CONFIG_MAP, volume["configMap"], volume["configMap"]["name"]
    else:
        kind, source, name = SECRET, volume["secret"], volume["secret"]["secretName"]
    content = read(kind, name)
    if content is None:
        if source.get("optional"):
            return {}
        raise ConfigError(
            f'MountVolume.SetUp failed for volume "{volume["name"]}": {kind.singular} "{name}" '
            "not found"
        )
    mode = source.get("defaultMode", 0o644)
    if not source.get("items"):
        return {key: (data, mode) for key, data in content.items()}
    return _selected(source, content, mode, f'{kind.singular} "{name}"')


def _selected(source: Obj, content: Mapping[str, bytes], mode: int, what: str) -> Files:
    chosen: Files = {}
    for item in source["items"]:
        if item["key"] in content:
            chosen[_inside(item["path"])] = (content[item["key"]], item.get("mode", mode))
        elif not source.get("optional"):
            raise ConfigError(f"{what} has no key {item['key']}")
    return chosen


def _inside(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/"):
        raise ConfigError(f"volume item path {path!r} leads out of the volume")
    return path


def set_up(pod: Obj, root: Path, read: Read) -> dict[str, Path]:
    """Make or refresh every volume of the pod below `root`; volume name → directory.

    Raises ConfigError for a type that is not supported, or for what is missing.
    """
    found = {}
    for volume in pod["spec"].get("volumes") or ():
        directory = root / volume["name"]
        if "hostPath" in volume:
            directory = Path(volume["hostPath"]["path"])
        elif "emptyDir" in volume:
            directory.mkdir(parents=True, exist_ok=True)
        elif "configMap" in volume or "secret" in volume:
            write(directory, files(volume, read))
        else:
            kind = next(iter(volume.keys() - {"name"}), "none")
            raise ConfigError(
                f'volume "{volume["name"]}" is of type {kind}; here there are {SUPPORTED}'
            )
        found[volume["name"]] = directory
    return found


def mounts(container: Obj, directories: Mapping[str, Path]) -> dict[str, str]:
    """Mount path in the container → real path."""
    found = {}
    for mount in container.get("volumeMounts") or ():
        directory = directories[mount["name"]]
        found[mount["mountPath"]] = str(directory / _inside(mount.get("subPath", "")))
    return found


def write(directory: Path, wanted: Files) -> None:
    """Make `directory` hold exactly `wanted`; a reader sees each file whole, old or new.

    Only the owner gets rights: here containers are told apart by nothing else.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for path, (data, mode) in wanted.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_file() or target.read_bytes() != data:
            replace(target, data, mode & 0o700)
    for entry in directory.rglob("*"):
        if entry.is_file() and str(entry.relative_to(directory)) not in wanted:
            entry.unlink()
