"""FDL, the Functions Definition Language: documents and single services as checked values.

Sources: OSCAR's document of exposed services and its REST contract (JSON field names of a
service). A document holds services under `functions.oscar[].<cluster>`; the REST API and the
ConfigMap of a service hold one service. All problems of a text are found in one pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from shared.service import bounds, elsewhere, quantity, security, sensitive, sharing
from shared.service.documents import DocumentError, dump_yaml, load_yaml, plain
from shared.service.expose import expose_json, read_expose
from shared.service.fields import Fields, Problems
from shared.service.model import EMPTY, Environment, Service, Volume
from shared.service.volume import read_volume, volume_json

_NAME: Final = re.compile(r"[a-z](?:[-a-z0-9]{0,37}[a-z0-9])?", re.ASCII)
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)
_NOTHING: Final = Service(name="", image="", script="")
"""Defaults, and what stands for a service that cannot be read."""
# Answers of the API that are made anew at each reading, so they are no part of a definition.
_READ_ONLY: Final = ("token", "namespace", "deployment", "volume_status")


class FdlError(ValueError):
    """The definition is wrong; `problems` has one `path: sentence` for each error."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A service, the cluster its document names ("" for a single service), and what is odd."""

    service: Service
    warnings: tuple[str, ...] = ()
    cluster: str = ""


def parse_document(text: str, read_script: Callable[[str], str]) -> list[Parsed]:
    """The services of a whole FDL document, in order.

    `read_script` gives the content of the file that `script` names (OSError if it cannot).
    Raises FdlError with the problems of all services.
    """
    problems = Problems()
    document = Fields(_load(text), "", problems)
    functions = Fields(document.raw("functions"), "functions", problems)
    entries = functions.raw("oscar")
    if not isinstance(entries, list) or not entries:
        functions.error("oscar", "is missing; list at least one service, each under its cluster")
        raise FdlError(problems.errors)
    parsed = [
        _entry(entry, f"functions.oscar[{index}]", problems, read_script)
        for index, entry in enumerate(entries)
    ]
    _refuse_twins(parsed, problems)
    if problems.errors:
        raise FdlError(problems.errors)
    return parsed


def parse_service(data: Any, path: str = "") -> Parsed:
    """One service from its mapping, as the REST API gets it (`script` is the script itself).

    Raises FdlError.
    """
    try:
        bounds.check_value(data)
    except ValueError as error:
        raise FdlError([f"{path or 'document'}: {error}"]) from error
    problems = Problems()
    service = _service(Fields(data, path, problems))
    if problems.errors:
        raise FdlError(problems.errors)
    return Parsed(service, tuple(problems.warnings))


def load_definition(text: str) -> Service:
    """The service of a ConfigMap's `function_config.yaml`, which has no script; raises FdlError."""
    problems = Problems()
    service = _service(Fields(_load(text), "", problems), with_script=False)
    if problems.errors:
        raise FdlError(problems.errors)
    return service


def dump_definition(service: Service) -> str:
    """What `load_definition` reads: the service in YAML, without script and secrets."""
    return dump_yaml({key: item for key, item in to_json(service).items() if key != "script"})


def to_json(service: Service, *, secrets: bool = False) -> dict[str, Any]:
    """The service with OSCAR's JSON names; ports as lists; secrets are blank unless asked for."""
    values = service.environment.secrets
    body: dict[str, Any] = {
        "name": service.name,
        "memory": service.memory,
        "cpu": service.cpu,
        "image": service.image,
        "script": service.script,
        "image_pull_secrets": list(service.image_pull_secrets),
        "expose": expose_json(service.expose) if service.expose else {},
        "environment": {
            "variables": dict(service.environment.variables),
            "secrets": dict(values) if secrets else dict.fromkeys(values, ""),
        },
        "annotations": dict(service.annotations),
        "labels": dict(service.labels),
    }
    if service.volume:
        body["volume"] = volume_json(service.volume)
    extra = plain(service.extra)
    body.update(extra if secrets else sensitive.blanked(extra))
    return body | sharing.to_json(service)


def _load(text: str) -> Any:
    try:
        return load_yaml(text)
    except DocumentError as error:
        raise FdlError([f"document: {error}"]) from error


def _entry(entry: Any, path: str, problems: Problems, read_script: Callable[[str], str]) -> Parsed:
    if not isinstance(entry, Mapping) or len(entry) != 1:
        problems.errors.append(f"{path}: must hold one cluster name with the service under it")
        return Parsed(_NOTHING)
    cluster, body = next(iter(entry.items()))
    before = len(problems.warnings)
    fields = Fields(body, path, problems)
    service = _service(fields, read_script=partial(_read_script, fields, read_script))
    return Parsed(service, tuple(problems.warnings[before:]), str(cluster))


def _read_script(fields: Fields, read_script: Callable[[str], str], name: str) -> str:
    try:
        return read_script(name)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        fields.error("script", f"cannot read {name!r}: {reason}; the path counts from the FDL file")
        return ""


def _refuse_twins(parsed: Sequence[Parsed], problems: Problems) -> None:
    seen: dict[str, int] = {}
    for index, item in enumerate(parsed):
        name = item.service.name
        if name and seen.setdefault(name, index) != index:
            problems.errors.append(
                f"functions.oscar[{index}].name: {name!r} is also the name of "
                f"functions.oscar[{seen[name]}]; names are unique"
            )


def _service(
    fields: Fields, *, with_script: bool = True, read_script: Callable[[str], str] | None = None
) -> Service:
    with fields.section("environment") as section:
        environment = _environment(section)
    expose = read_expose(fields) if fields.raw("expose") else None
    script = _required(fields, "script", "the script that starts the server") if with_script else ""
    for name in _READ_ONLY:
        fields.raw(name)
    name = fields.parsed("name", default="", parse=check_name) or _missing_name(fields)
    service = Service(
        name=name,
        image=_image(fields, new=with_script),
        script=read_script(script) if read_script and script else script,
        memory=_quantity(fields, "memory", _NOTHING.memory),
        cpu=_quantity(fields, "cpu", _NOTHING.cpu),
        environment=environment,
        expose=expose,
        volume=read_volume(fields, name) if with_script else _stored_volume(fields, name),
        labels=fields.texts("labels"),
        annotations=fields.texts("annotations"),
        image_pull_secrets=tuple(dict.fromkeys(fields.words("image_pull_secrets"))),
        owner=fields.text("owner") or _NOTHING.owner,
        visibility=sharing.visibility(fields, new=with_script),
        allowed_users=sharing.allowed_users(fields),
        extra=fields.unknown() or EMPTY,
    )
    if with_script:  # what is stored was checked before
        security.check(fields, service.annotations)
        elsewhere.check(fields)
    return service


def _stored_volume(fields: Fields, name: str) -> Volume | None:
    """The volume; one that cannot be is none, for a service that is there stays readable."""
    problems = Problems()
    volume = read_volume(Fields({"volume": fields.raw("volume")}, "", problems), name)
    return None if problems.errors else volume


def _image(fields: Fields, *, new: bool) -> str:
    """The image; what is stored already stays readable whatever it is."""
    image = _required(fields, "image", "the container image")
    if new and any(char.isspace() or not char.isprintable() for char in image):
        fields.error("image", f"{image!r} holds blanks; write registry/name:tag alone")
    return image


def check_name(name: str) -> str:
    """`name` if it can name a service, else ValueError."""
    if _NAME.fullmatch(name) is None:
        raise ValueError(
            f"{name!r} cannot name a service; use 1 to 39 lowercase letters, digits and '-', "
            "starting with a letter and ending with a letter or digit"
        )
    return name


def _missing_name(fields: Fields) -> str:
    if not fields.raw("name"):
        fields.error("name", "is missing; give the service a name")
    return ""


def _required(fields: Fields, name: str, meaning: str) -> str:
    text = fields.text(name)
    if not text and not isinstance(fields.raw(name), dict | list | bool):
        fields.error(name, f"is missing; give {meaning}")
    return text


def _quantity(fields: Fields, name: str, default: str) -> str:
    def positive(text: str) -> str:
        if quantity.parse(text) <= 0:
            raise ValueError(f"{text} is not above zero")
        return text

    return fields.parsed(name, default=default, parse=positive)


def _environment(fields: Fields) -> Environment:
    environment = Environment(
        variables=fields.texts("Variables", "variables"),
        secrets=fields.texts("Secrets", "secrets"),
    )
    for group, variables in (
        ("Variables", environment.variables),
        ("secrets", environment.secrets),
    ):
        for name in variables:
            if _VARIABLE.fullmatch(name) is None:
                fields.error(f"{group}.{name}", "is no name of an environment variable")
    return environment
