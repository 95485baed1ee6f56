"""FDL, the Functions Definition Language: documents and single services as checked values.

Sources: OSCAR's document of exposed services and its REST contract (JSON field names of a
service). A document holds services under `functions.oscar[].<cluster>`; the REST API and the
ConfigMap of a service hold one service. All problems of a text are found in one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from shared.service import blanks, bounds, sensitive, sharing, storable
from shared.service.definition import read_new, read_stored
from shared.service.documents import DocumentError, dump_yaml, load_yaml, plain
from shared.service.entries import Entry, read_entries
from shared.service.expose import expose_json
from shared.service.fields import Fields, Problems
from shared.service.volume import volume_json

if TYPE_CHECKING:
    from shared.service.model import Service

MOST_PROBLEMS: Final = 100
"""Problems told of one text; the others are counted."""
NOT_EXPOSED: Final = (
    "expose: has no api_port, so nothing runs: the definition is kept, without pods and address; "
    "give expose the api_port that the container listens on"
)


class FdlError(ValueError):
    """The definition is wrong; `problems` has one `path: sentence` for each error, and `warnings`
    one for each thing that is only odd."""

    def __init__(self, problems: Sequence[str], warnings: Sequence[str] = ()) -> None:
        told = tuple(problems[:MOST_PROBLEMS])
        if len(problems) > MOST_PROBLEMS:
            told += (f"document: and {len(problems) - MOST_PROBLEMS} more problems",)
        super().__init__("\n".join(told))
        self.problems = told
        self.warnings = tuple(warnings)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A service, the cluster its document names ("" for a single service), and what is odd."""

    service: Service
    warnings: tuple[str, ...] = ()
    cluster: str = ""


def parse_document(text: str, read_script: Callable[[str], str], cluster: str = "") -> list[Parsed]:
    """The services of a whole FDL document, in order; of `cluster` alone if it is given.

    `read_script` gives the content of the file that `script` names (OSError if it cannot); a script
    with a line break is the script itself. A service that is not exposed and so would not run here
    is left out if it is wrong, which is only told. Raises FdlError with the problems of all others.
    """
    value = _load(text)
    if odd := blanks.problems(text):
        raise FdlError([f"document: {one}" for one in odd])
    if wrong := storable.problems(value):
        raise FdlError(wrong)
    problems, left_out = Problems(), Problems()
    read: list[tuple[Entry, Parsed]] = []
    for entry in read_entries(Fields(value, "", problems), cluster):
        item = _parsed(entry, problems, left_out, read_script)
        read += [(entry, item)] if item else []
    _refuse_twins(read, problems)
    parsed = [item for _, item in read]
    if problems.errors or not parsed:
        told = [one for item in parsed for one in item.warnings]
        raise FdlError(problems.errors + left_out.errors, (*problems.warnings, *told))
    first = next((at for at, item in enumerate(parsed) if item.service.expose), 0)
    warnings = (*problems.warnings, *left_out.warnings, *parsed[first].warnings)
    parsed[first] = replace(parsed[first], warnings=warnings)
    return parsed


def parse_service(data: Any, path: str = "") -> Parsed:
    """One service from its mapping, as the REST API gets it (`script` is the script itself).

    Raises FdlError.
    """
    try:
        bounds.check_value(data)
    except ValueError as error:
        raise FdlError([f"{path or 'document'}: {error}"]) from error
    if wrong := storable.problems(data, path):
        raise FdlError(wrong)
    problems = Problems()
    service = read_new(Fields(data, path, problems))
    if problems.errors:
        raise FdlError(problems.errors, problems.warnings)
    told = () if service.expose else (NOT_EXPOSED,)
    return Parsed(service, (*told, *problems.warnings))


def load_definition(text: str) -> Service:
    """The service of a ConfigMap's `function_config.yaml`, which has no script; raises FdlError."""
    problems = Problems()
    service = read_stored(Fields(_load(text), "", problems))
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


def _parsed(
    entry: Entry, problems: Problems, left_out: Problems, read_script: Callable[[str], str]
) -> Parsed | None:
    """The service of an entry; None if there is none that could be used."""
    if entry.body is None:
        return None
    own = Problems()
    fields = Fields(entry.body, entry.path, own)
    service = read_new(fields, partial(_read_script, fields, read_script))
    if fields.raw("expose") in (None, {}) and own.errors:
        # written for somebody else: it must not keep back the services that run here
        skipped = f"{entry.path}: is not exposed and cannot be used, so it is skipped"
        left_out.warnings += (skipped, *own.errors)
        left_out.errors += own.errors
        return None
    if service.expose is None:
        _refuse_forgotten_port(fields)
    problems.errors += own.errors
    return Parsed(service, tuple(own.warnings), entry.cluster)


def _refuse_forgotten_port(fields: Fields) -> None:
    """Who writes how to expose a service forgot its port; one who writes 0 means it, and a client
    in Go writes zeros alone."""
    written = fields.raw("expose")
    told = any(f"{fields.at('expose')}." in one for one in fields.problems.errors)
    if told or not isinstance(written, Mapping) or not any(written.values()):
        return
    if not any(key.lower() in ("api_port", "port") for key in written):
        fields.error(
            "expose.api_port",
            "is missing; give the port that the container listens on, or 0 to expose nothing",
        )


def _read_script(fields: Fields, read_script: Callable[[str], str], name: str) -> str:
    try:
        return read_script(name)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        fields.error(
            "script",
            f"cannot read {name[:80]!r}: {reason}; the path counts from the FDL file, and a text "
            "is a script only if it has a line break",
        )
        return ""


def _refuse_twins(read: Sequence[tuple[Entry, Parsed]], problems: Problems) -> None:
    seen: dict[str, Entry] = {}
    for entry, item in read:
        name = item.service.name
        other = seen.setdefault(name, entry)
        if not name or other is entry:
            continue
        remedy = "" if other.cluster == entry.cluster else ", or choose one of the clusters"
        problems.errors.append(
            f"{entry.path}.name: {name!r} is also the name of {other.path}; names are unique, so "
            f"rename one of them{remedy}"
        )
