"""Volumes as directories: configMap, secret, emptyDir, hostPath, persistentVolumeClaim.

Source: https://kubernetes.io/docs/concepts/storage/volumes/. Changes of a ConfigMap or Secret reach
the files, each replaced at once; as in Kubernetes, not those mounted by `subPath`. A process sees
no mount: where a file of a ConfigMap, such as a script, names the path of a claim, the file is
given the path of its directory.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from shared.embedded.files import replace
from shared.embedded.kinds import CONFIG_MAP, SECRET
from shared.embedded.node.environment import ConfigError, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

    Read = Callable[[Kind, str], Mapping[str, bytes] | None]
    """(CONFIG_MAP or SECRET, name) → its values, or None when there is none."""

    Folder = Callable[[str], Path]
    """Name of a claim → the directory of its volume; raises ConfigError when there is none."""

    Files = dict[str, tuple[bytes, int]]
    """relative path → (content, mode)"""

SUPPORTED = "configMap, secret, emptyDir, hostPath, persistentVolumeClaim"


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


def set_up(pod: Obj, root: Path, read: Read, folder: Folder) -> dict[str, Path]:
    """Make or refresh every volume of the pod below `root`; volume name → directory.

    Raises ConfigError for a type that is not supported, or for what is missing.
    """
    found = directories(pod, root, folder)
    claims = _claims(pod, found)
    for volume in pod["spec"].get("volumes") or ():
        directory = found[volume["name"]]
        if "configMap" in volume:
            write(directory, _readdressed(files(volume, read), claims))
        elif "secret" in volume:
            write(directory, files(volume, read))
        elif "hostPath" not in volume:
            directory.mkdir(parents=True, exist_ok=True)
    return found


def directories(pod: Obj, root: Path, folder: Folder) -> dict[str, Path]:
    """Where the volumes are; volume name → directory. Raises ConfigError as `set_up` does."""
    return {
        volume["name"]: _directory(volume, root, folder)
        for volume in pod["spec"].get("volumes") or ()
    }


def _directory(volume: Obj, root: Path, folder: Folder) -> Path:
    if "hostPath" in volume:
        return Path(volume["hostPath"]["path"])
    if "persistentVolumeClaim" in volume:
        return folder(volume["persistentVolumeClaim"]["claimName"])
    kind = next(iter(volume.keys() - {"name"}), "none")
    if kind not in ("configMap", "secret", "emptyDir"):
        raise ConfigError(
            f'volume "{volume["name"]}" is of type {kind}; here there are {SUPPORTED}'
        )
    return root / str(volume["name"])


def _claims(pod: Obj, directories: Mapping[str, Path]) -> dict[str, str]:
    """Mount path → directory, of the claims of all containers."""
    volumes = pod["spec"].get("volumes") or ()
    names = {volume["name"] for volume in volumes if "persistentVolumeClaim" in volume}
    return {
        mount["mountPath"]: str(directories[mount["name"]] / _inside(mount.get("subPath", "")))
        for container in pod["spec"].get("containers") or ()
        for mount in container.get("volumeMounts") or ()
        if mount["name"] in names
    }


def _readdressed(content: Files, claims: Mapping[str, str]) -> Files:
    """The files with the paths of claims in them rewritten; what is no text stays as it is."""
    found: Files = {}
    for path, (data, mode) in content.items():
        try:
            found[path] = (rewrite(data.decode(), claims).encode(), mode)
        except UnicodeDecodeError:
            found[path] = (data, mode)
    return found


def mounts(container: Obj, directories: Mapping[str, Path]) -> dict[str, str]:
    """Mount path in the container → real path; a subPath that is not there is made."""
    found = {}
    for mount in container.get("volumeMounts") or ():
        path = directories[mount["name"]] / _inside(mount.get("subPath", ""))
        if not path.exists():
            path.mkdir(parents=True)
        found[mount["mountPath"]] = str(path)
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
