"""Rules for a container's variables, and for what it reads of its own pod. Pure.

Source: ValidateEnv, ValidateEnvFrom and the selectors of fields and resources in
k8s.io/kubernetes/pkg/apis/core/validation; the fields of pkg/apis/core/pods/helpers.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_NAME: Final = re.compile(r"[ -<>-~]+")
_NAME_RULE: Final = (
    "a valid environment variable name must consist only of printable ASCII characters other than "
    "'='"
)
_SOURCES: Final = ("fieldRef", "resourceFieldRef", "fileKeyRef", "configMapKeyRef", "secretKeyRef")
_NO_SOURCE: Final = (
    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
)
_VARIABLE_FIELDS: Final = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
_FILE_FIELDS: Final = (
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
)
_KNOWN_FIELDS: Final = frozenset(
    {*_VARIABLE_FIELDS, *_FILE_FIELDS, "spec.restartPolicy", "status.phase", "spec.host"}
)
_SUBSCRIPTED: Final = re.compile(r"(metadata\.(?:annotations|labels))\['(.*)'\]")
_RESOURCES: Final = tuple(
    f"{part}.{name}"
    for part in ("limits", "requests")
    for name in ("cpu", "ephemeral-storage", "memory")
)
_PAGES: Final = ("limits.hugepages-", "requests.hugepages-")
_CPU_DIVISORS: Final = ("1m", "1")
_DIVISORS: Final = ("1", *(f"1{unit}" for unit in "kMGTPE"), *(f"1{unit}i" for unit in "KMGTPE"))
_OF_DIVISORS: Final = (
    ("cpu", "cpu"),
    ("memory", "memory"),
    ("ephemeral-storage", "local ephemeral storage"),
    ("hugepages-", "hugepages"),
)


def variables(at: str, given: list[Obj]) -> Iterator[Cause]:
    for index, variable in enumerate(given):
        field = f"{at}[{index}]"
        if not variable.get("name"):
            yield checks.required(f"{field}.name")
        else:
            yield from _name(f"{field}.name", variable["name"])
        if "valueFrom" in variable:
            yield from _source(f"{field}.valueFrom", variable)


def sources(at: str, given: list[Obj]) -> Iterator[Cause]:
    """`envFrom`: all variables of ConfigMaps and Secrets."""
    for index, source in enumerate(given):
        if source.get("prefix"):
            yield from _name(f"{at}[{index}].prefix", source["prefix"])
        refs = [name for name in ("configMapRef", "secretRef") if name in source]
        for ref in refs:
            yield from _referred(f"{at}[{index}].{ref}.name", source[ref].get("name", ""))
        if not refs:
            yield checks.invalid(at, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(refs) > 1:
            yield checks.invalid(at, "", "may not have more than one field specified at a time")


def file_field(at: str, ref: Obj) -> Iterator[Cause]:
    """A field of the pod that a volume shows as a file."""
    yield from _field(at, ref, _FILE_FIELDS)


def resource_field(at: str, ref: Obj, *, of_file: bool) -> Iterator[Cause]:
    """A limit or request; a file must name the container whose it is."""
    name = ref.get("resource", "")
    if of_file and not ref.get("containerName"):
        yield checks.required(f"{at}.containerName")
    elif not name:
        yield checks.required(f"{at}.resource")
    elif name not in _RESOURCES and not name.startswith(_PAGES):
        yield checks.unsupported(f"{at}.resource", name, _RESOURCES)
    yield from _divisor(at, name, str(ref.get("divisor", "0")))


def _name(at: str, name: str) -> Iterator[Cause]:
    if not _NAME.fullmatch(name):
        yield checks.invalid(at, name, _NAME_RULE)


def _source(at: str, variable: Obj) -> Iterator[Cause]:
    source = variable["valueFrom"]
    given = [name for name in _SOURCES if name in source]
    for name in given:
        field = f"{at}.{name}"
        if name == "fieldRef":
            yield from _field(field, source[name], _VARIABLE_FIELDS)
        elif name == "resourceFieldRef":
            yield from resource_field(field, source[name], of_file=False)
        elif name in ("configMapKeyRef", "secretKeyRef"):
            yield from _key(field, source[name])
    if not given:
        yield checks.invalid(at, "", _NO_SOURCE)
    elif variable.get("value"):
        yield checks.invalid(at, "", "may not be specified when `value` is not empty")
    elif len(given) > 1:
        yield checks.invalid(at, "", "may not have more than one field specified at a time")


def _field(at: str, ref: Obj, supported: tuple[str, ...]) -> Iterator[Cause]:
    version, path = ref.get("apiVersion", ""), ref.get("fieldPath", "")
    if not version:
        yield checks.required(f"{at}.apiVersion")
        return
    if not path:
        yield checks.required(f"{at}.fieldPath")
        return
    if subscripted := _SUBSCRIPTED.fullmatch(path):
        key = subscripted[2]
        wanted = key.lower() if subscripted[1] == "metadata.annotations" else key
        yield from checks.qualified_name(at, wanted)
    elif version != "v1":
        why = f"error converting fieldPath: unsupported pod version: {version}"
        yield checks.invalid(f"{at}.fieldPath", path, why)
    elif path not in _KNOWN_FIELDS:
        why = f"error converting fieldPath: field label not supported: {path}"
        yield checks.invalid(f"{at}.fieldPath", path, why)
    elif path not in supported:
        yield checks.unsupported(f"{at}.fieldPath", path, supported)


def _divisor(at: str, name: str, divisor: str) -> Iterator[Cause]:
    if not checks.amount(divisor):
        return
    _, _, resource = name.partition(".")
    for prefix, called in _OF_DIVISORS:
        if not resource.startswith(prefix):
            continue
        allowed = _CPU_DIVISORS if prefix == "cpu" else _DIVISORS
        if divisor not in allowed:
            listed = "1m and 1" if prefix == "cpu" else ", ".join(allowed)
            why = f"only divisor's values {listed} are supported with the {called} resource"
            yield checks.invalid(f"{at}.divisor", name, why)


def _key(at: str, ref: Obj) -> Iterator[Cause]:
    yield from checks.subdomain(f"{at}.name", ref.get("name", ""))
    if not ref.get("key"):
        yield checks.required(f"{at}.key")
    else:
        yield from checks.config_key(f"{at}.key", ref["key"])


def _referred(at: str, name: str) -> Iterator[Cause]:
    if not name:
        yield checks.required(at)
    else:
        yield from checks.subdomain(at, name)
