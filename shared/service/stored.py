"""A service as its ConfigMap holds it, read alike by the gateway, the services API and the scaler.

A ConfigMap is a service's if its label `oscar_service` and the name in its definition both are its
own name. One that only looks like it is refused by all three, with the same words. What an OSCAR
manager wrote is read as if we had written it. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.service import fdl, names, oscar, tokens
from shared.service.objects import annotations_of, labels_of

if TYPE_CHECKING:
    from shared.service.model import Service
    from shared.service.objects import Obj

AGAIN = "apply the service again"


class StoredError(ValueError):
    """A ConfigMap is not a service; the message names it, what is wrong with it, and the remedy."""

    def __init__(self, configmap: str, problem: str) -> None:
        super().__init__(f"ConfigMap {configmap} is not a service: {problem}")


@dataclass(frozen=True, slots=True)
class Stored:
    """What a ConfigMap says of its service."""

    definition: Service
    """Without the script, and without the values of secrets."""
    script: str
    digest: bytes
    """SHA-256 of the token; empty if none is stated, which only a service open to all may do."""
    stopped: bool


def read(configmap: Obj, load: Callable[[str], Service] = fdl.load_definition) -> Stored:
    """The service of `configmap`, exposed or not; raises StoredError.

    `load` reads the definition's text, and raises FdlError; a caller may remember what it read.
    """
    name: str = configmap["metadata"]["name"]
    if not is_labelled(configmap):
        raise StoredError(name, _wrong_label(name, _label(configmap)))
    configmap = oscar.as_ours(configmap)
    data: Mapping[str, str] = configmap.get("data") or {}
    definition = _definition(name, data.get(names.DEFINITION_KEY, ""), load)
    guarded = definition.expose is not None and definition.expose.set_auth
    stated = digest(configmap, needed=guarded)
    return Stored(definition, data.get(names.SCRIPT_KEY, ""), stated, is_stopped(configmap))


def digest(configmap: Obj, *, needed: bool = False) -> bytes:
    """SHA-256 of the service's token, whatever else is wrong with its ConfigMap; empty if none is
    stated. StoredError if what is stated is no digest, or none is and it is `needed`."""
    data: Mapping[str, str] = oscar.as_ours(configmap).get("data") or {}
    text = data.get(names.DIGEST_KEY, "")
    if not text and not needed:
        return b""
    try:
        return tokens.parse_digest(text)
    except ValueError as error:
        name: str = configmap["metadata"]["name"]
        raise StoredError(name, f"{names.DIGEST_KEY}: {error}; {AGAIN}") from error


def is_labelled(configmap: Obj) -> bool:
    """Whether the ConfigMap belongs to the service of its name, be its content right or wrong."""
    name: str = configmap["metadata"]["name"]
    return _label(configmap) == name


def is_stopped(obj: Obj) -> bool:
    """Whether an object is marked as stopped; for a service its ConfigMap's mark alone decides."""
    return annotations_of(obj).get(names.STOPPED) == "true"


def _label(configmap: Obj) -> str:
    return labels_of(configmap).get(names.SERVICE_LABEL, "")


def _wrong_label(name: str, label: str) -> str:
    wrong = f"{label!r} is not the ConfigMap's name" if label else "is missing"
    return f"label {names.SERVICE_LABEL}: {wrong}; set it to {name!r}"


def _definition(name: str, text: str, load: Callable[[str], Service]) -> Service:
    if not text:
        raise StoredError(name, f"data has no {names.DEFINITION_KEY}; {AGAIN}")
    try:
        definition = load(text)
    except fdl.FdlError as error:
        problems = "; ".join(error.problems)
        raise StoredError(name, f"{names.DEFINITION_KEY}: {problems}; {AGAIN}") from error
    if definition.name != name:
        wrong = f"{definition.name!r} is not the ConfigMap's name {name!r}"
        raise StoredError(name, f"{names.DEFINITION_KEY}: name: {wrong}; make them equal")
    return definition
