"""Rules for the volumes of a pod (k8s.io/kubernetes/pkg/apis/core/validation). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.embedded.validation import checks, environment
from shared.embedded.validation.storage import claim_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_HOST_PATHS: Final = (
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
)
_MODE_RULE: Final = "must be a number between 0 and 0777 (octal), both inclusive"
_SHORTEST_TOKEN, _LONGEST_TOKEN = 600, 1 << 32
_MANY: Final = "may not specify more than 1 volume type"


def checked(at: str, given: list[Obj]) -> tuple[list[Cause], dict[Any, Obj]]:
    """What is wrong, and the sound volumes by name: a faulty one is not there for containers, nor
    does it take its name from another.
    """
    faults: list[Cause] = []
    sound: dict[Any, Obj] = {}
    for index, volume in enumerate(given):
        found = list(_volume(f"{at}[{index}]", volume, sound.keys()))
        faults += found
        if not found:
            sound[volume["name"]] = volume
    return faults, sound


def _volume(at: str, volume: Obj, names: Collection[Any]) -> Iterator[Cause]:
    yield from _sources(at, volume)
    name = volume.get("name", "")
    if not name:
        yield checks.required(f"{at}.name")
    else:
        yield from checks.label(f"{at}.name", name)
    if name in names:
        yield checks.duplicate(f"{at}.name", name)


def _sources(at: str, volume: Obj) -> Iterator[Cause]:
    given = [name for name in _ORDER if name in volume]
    for place, name in enumerate(given):
        if place:
            yield checks.forbidden(f"{at}.{name}", _MANY)
        elif name in _RULES:
            yield from _RULES[name](f"{at}.{name}", volume[name])
    if not given:
        yield checks.required(at, "must specify a volume type")


def _empty_dir(at: str, source: Obj) -> Iterator[Cause]:
    size = checks.amount(source.get("sizeLimit", "0"))
    if size is not None and size < 0:
        why = "SizeLimit field must be a valid resource quantity"
        yield checks.forbidden(f"{at}.sizeLimit", why)


def _host_path(at: str, source: Obj) -> Iterator[Cause]:
    if not source.get("path"):
        yield checks.required(f"{at}.path")
        return
    yield from checks.no_backsteps(f"{at}.path", source["path"])
    yield from checks.one_of(f"{at}.type", source.get("type", ""), _HOST_PATHS)


def _secret(at: str, source: Obj) -> Iterator[Cause]:
    yield from _keys(at, source, "secretName")


def _config_map(at: str, source: Obj) -> Iterator[Cause]:
    yield from _keys(at, source, "name")


def _keys(at: str, source: Obj, name: str) -> Iterator[Cause]:
    if not source.get(name):
        yield checks.required(f"{at}.{name}")
    yield from _mode(f"{at}.defaultMode", source.get("defaultMode"))
    for index, item in enumerate(source.get("items", [])):
        yield from _item(f"{at}.items[{index}]", item)


def _item(at: str, item: Obj) -> Iterator[Cause]:
    for name in ("key", "path"):
        if not item.get(name):
            yield checks.required(f"{at}.{name}")
    yield from _file(f"{at}.path", item.get("path", ""))
    yield from _mode(f"{at}.mode", item.get("mode"))


def _file(at: str, path: str) -> Iterator[Cause]:
    """A path within a volume, and none that the node agent keeps for itself."""
    yield from checks.relative_path(at, path)
    if path.startswith("..") and not path.startswith("../") and path != "..":
        yield checks.invalid(at, path, "must not start with '..'")


def _mode(at: str, mode: int | None) -> Iterator[Cause]:
    if mode is not None and not 0 <= mode <= 0o777:
        yield checks.invalid(at, mode, _MODE_RULE)


def _downward(at: str, source: Obj) -> Iterator[Cause]:
    yield from _mode(f"{at}.defaultMode", source.get("defaultMode"))
    for item in source.get("items", []):
        yield from _downward_file(at, item)


def _downward_file(at: str, item: Obj) -> Iterator[Cause]:
    if not item.get("path"):
        yield checks.required(f"{at}.path")
    yield from _file(f"{at}.path", item.get("path", ""))
    if "fieldRef" in item:
        yield from environment.file_field(f"{at}.fieldRef", item["fieldRef"])
        if "resourceFieldRef" in item:
            why = "fieldRef and resourceFieldRef can not be specified simultaneously"
            yield checks.invalid(at, "resource", why)
    elif "resourceFieldRef" in item:
        ref = item["resourceFieldRef"]
        yield from environment.resource_field(f"{at}.resourceFieldRef", ref, of_file=True)
    else:
        yield checks.required(at, "one of fieldRef and resourceFieldRef is required")
    yield from _mode(f"{at}.mode", item.get("mode"))


def _projected(at: str, source: Obj) -> Iterator[Cause]:
    yield from _mode(f"{at}.defaultMode", source.get("defaultMode"))
    paths: set[Any] = set()
    for index, part in enumerate(source.get("sources", [])):
        yield from _projection(at, f"{at}.sources[{index}]", part, paths)


def _projection(whole: str, at: str, part: Obj, paths: set[Any]) -> Iterator[Cause]:
    for name in ("secret", "configMap"):
        if name in part:
            yield from _keys(f"{at}.{name}", part[name], "name")
            called = part[name].get("name", "")
            yield from _unique(whole, part[name].get("items", []), paths, called)
    if "downwardAPI" in part:
        for item in part["downwardAPI"].get("items", []):
            yield from _downward_file(f"{at}.downwardAPI", item)
            yield from _unique(whole, [item], paths, item.get("path", ""))
    if "serviceAccountToken" in part:
        yield from _token(whole, f"{at}.serviceAccountToken", part["serviceAccountToken"])
    if len(part) > 1:
        yield checks.forbidden(at, "may not specify more than 1 volume type per source")


def _unique(at: str, items: list[Obj], paths: set[Any], shown: str) -> Iterator[Cause]:
    for item in items:
        path = item.get("path")
        if path in paths:
            yield checks.invalid(at, shown, "conflicting duplicate paths")
        elif path:
            paths.add(path)


def _token(whole: str, at: str, token: Obj) -> Iterator[Cause]:
    seconds = token.get("expirationSeconds", 3600)
    if seconds < _SHORTEST_TOKEN:
        why = "may not specify a duration less than 10 minutes"
        yield checks.invalid(f"{at}.expirationSeconds", seconds, why)
    if seconds > _LONGEST_TOKEN:
        why = "may not specify a duration larger than 2^32 seconds"
        yield checks.invalid(f"{at}.expirationSeconds", seconds, why)
    if not token.get("path"):
        yield checks.required(f"{whole}.path")
    else:
        yield from _file(f"{whole}.path", token["path"])


def _nfs(at: str, source: Obj) -> Iterator[Cause]:
    yield from _needed("server", "path")(at, source)
    if not source.get("path", "").startswith("/"):
        yield checks.invalid(f"{at}.path", source.get("path", ""), "must be an absolute path")


def _ephemeral(at: str, source: Obj) -> Iterator[Cause]:
    template = source.get("volumeClaimTemplate")
    if template is None:
        yield checks.required(f"{at}.volumeClaimTemplate")
    else:
        yield from claim_spec(f"{at}.volumeClaimTemplate.spec", template.get("spec", {}))


def _csi(at: str, source: Obj) -> Iterator[Cause]:
    if not source.get("driver"):
        yield checks.required(f"{at}.driver")
    else:
        yield from checks.subdomain(f"{at}.driver", source["driver"].lower())
    secret = source.get("nodePublishSecretRef")
    if secret is not None and not secret.get("name"):
        yield checks.required(f"{at}.nodePublishSecretRef.name")


def _needed(*names: str) -> Callable[[str, Obj], Iterator[Cause]]:
    """The rule of a source that is complete with these fields."""

    def rule(at: str, source: Obj) -> Iterator[Cause]:
        for name in names:
            if not source.get(name):
                yield checks.required(f"{at}.{name}")

    return rule


_RULES: Final[dict[str, Callable[[str, Obj], Iterator[Cause]]]] = {
    "emptyDir": _empty_dir,
    "hostPath": _host_path,
    "gitRepo": _needed("repository"),
    "gcePersistentDisk": _needed("pdName"),
    "awsElasticBlockStore": _needed("volumeID"),
    "secret": _secret,
    "nfs": _nfs,
    "iscsi": _needed("targetPortal", "iqn"),
    "glusterfs": _needed("endpoints", "path"),
    "persistentVolumeClaim": _needed("claimName"),
    "rbd": _needed("monitors", "image"),
    "cinder": _needed("volumeID"),
    "cephfs": _needed("monitors"),
    "downwardAPI": _downward,
    "flexVolume": _needed("driver"),
    "configMap": _config_map,
    "azureFile": _needed("secretName", "shareName"),
    "vsphereVolume": _needed("volumePath"),
    "photonPersistentDisk": _needed("pdID"),
    "portworxVolume": _needed("volumeID"),
    "azureDisk": _needed("diskName", "diskURI"),
    "projected": _projected,
    "csi": _csi,
    "ephemeral": _ephemeral,
}
_ORDER: Final = (*_RULES, "flocker", "quobyte", "fc", "storageos", "scaleIO", "image")
