"""A container's command and environment, as its process on this machine gets them. Pure.

Source: https://kubernetes.io/docs/tasks/inject-data-application/. Two things differ from a real
container, because there is no image and no mount namespace:

* paths of volume mounts that stand in the command, its arguments or the values of the environment
  are rewritten to the directory that really holds the volume (`rewrite`). Of what a script itself
  says, so are the paths of claims (`volumes`);
* `PATH` begins with the directory of this Python, so that `python` is the project's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from shared.embedded.kinds import CONFIG_MAP, SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

    Lookup = Callable[[Kind, str], Mapping[str, str] | None]
    """(CONFIG_MAP or SECRET, name) → its text values, or None when there is none."""

_REFERENCE: Final = re.compile(r"\$\$|\$\(([A-Za-z_.-][A-Za-z0-9_.-]*)\)")
_INSIDE: Final = r"})\]~@%"
"""What a path goes on after, as in `${HOME}/data`."""
_INHERITED: Final = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "USER", "LOGNAME")


class ConfigError(Exception):
    """Something that the container refers to does not exist; the message names it."""


def expand(text: str, variables: Mapping[str, str]) -> str:
    """`$(NAME)` replaced by its value; unknown names stay, `$$` is one dollar sign."""

    def replace(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return variables.get(match[1], match[0])

    return _REFERENCE.sub(replace, text)


def rewrite(text: str, mounts: Mapping[str, str]) -> str:
    """Every mount path in `text` replaced by the real path; longest first, whole names only.

    >>> rewrite("sh /oscar/config/script.sh", {"/oscar/config": "/state/v"})
    'sh /state/v/script.sh'
    """
    paths = sorted((path for path in mounts if path.strip("/")), key=len, reverse=True)
    if not paths:
        return text
    choices = "|".join(re.escape(path.rstrip("/")) for path in paths)
    pattern = re.compile(rf"(?<![\w./{_INSIDE}-])(?:{choices})(?![\w.-])")
    real = {path.rstrip("/"): target for path, target in mounts.items()}
    return pattern.sub(lambda match: real[match[0]], text)


def base_environment(outer: Mapping[str, str], python_directory: str) -> dict[str, str]:
    """What every container gets: a short list from our own environment, and PATH.

    The rest stays out: it may hold credentials of the cluster's processes.
    """
    env = {name: outer[name] for name in _INHERITED if name in outer}
    path = outer.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    return {**env, "PATH": f"{python_directory}:{path}"}


def environment(container: Obj, pod: Obj, address: str, lookup: Lookup) -> dict[str, str]:
    """The variables that the container's spec states: `envFrom`, then `env` in order.

    address: the pod's IP. Raises `ConfigError` for a ConfigMap, Secret or key that is missing and
    not optional.
    """
    variables: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        variables |= _whole(source, lookup)
    for entry in container.get("env") or ():
        if "valueFrom" in entry:
            value = _value_from(entry["valueFrom"], container, pod, address, lookup)
            if value is not None:
                variables[entry["name"]] = value
        else:
            variables[entry["name"]] = expand(entry.get("value") or "", variables)
    return variables


def command_line(container: Obj, variables: Mapping[str, str]) -> list[str]:
    """`command` and `args` with `$(NAME)` expanded; empty when the spec gives no command."""
    if not container.get("command"):
        return []
    words = [*container["command"], *(container.get("args") or ())]
    return [expand(word, variables) for word in words]


def _whole(source: Obj, lookup: Lookup) -> dict[str, str]:
    kind, reference = _source(source, "configMapRef", "secretRef")
    values = lookup(kind, reference["name"])
    if values is None and not reference.get("optional"):
        raise ConfigError(_missing(kind, reference["name"]))
    prefix = source.get("prefix", "")
    return {prefix + key: value for key, value in (values or {}).items()}


def _value_from(source: Obj, container: Obj, pod: Obj, address: str, lookup: Lookup) -> str | None:
    if "fieldRef" in source:
        return field_value(source["fieldRef"]["fieldPath"], pod, address)
    if "resourceFieldRef" in source:
        return _resource(source["resourceFieldRef"]["resource"], container)
    kind, reference = _source(source, "configMapKeyRef", "secretKeyRef")
    values = lookup(kind, reference["name"])
    if values is not None and reference["key"] in values:
        return values[reference["key"]]
    if reference.get("optional"):
        return None
    if values is None:
        raise ConfigError(_missing(kind, reference["name"]))
    raise ConfigError(f"couldn't find key {reference['key']} in {kind.kind} {reference['name']}")


def _source(source: Obj, config_map: str, secret: str) -> tuple[Kind, Obj]:
    return (CONFIG_MAP, source[config_map]) if config_map in source else (SECRET, source[secret])


def _missing(kind: Kind, name: str) -> str:
    return f'{kind.singular} "{name}" not found: create it, or remove the reference to it'


def field_value(path: str, pod: Obj, address: str) -> str:
    """A field of the pod by the paths that the downward API knows."""
    metadata, spec = pod["metadata"], pod["spec"]
    simple = {
        "metadata.name": metadata["name"],
        "metadata.namespace": metadata["namespace"],
        "metadata.uid": metadata["uid"],
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName", "default"),
        "status.hostIP": "127.0.0.1",
        "status.podIP": address,
        "status.podIPs": address,
    }
    if path in simple:
        return str(simple[path])
    match = re.fullmatch(r"metadata\.(labels|annotations)\['([^']+)'\]", path)
    if match is None:
        raise ConfigError(f"fieldPath {path} is not one that a container can be given")
    return str((metadata.get(match[1]) or {}).get(match[2], ""))


def _resource(path: str, container: Obj) -> str:
    section, _, name = path.partition(".")
    resources = container.get("resources") or {}
    return str((resources.get(section) or {}).get(name, "0"))
