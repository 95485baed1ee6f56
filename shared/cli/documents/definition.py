"""A service as its definition states it: out of the API's answer, and as FDL that `apply` takes.

The API answers every field it knows, and fields that it makes itself; a definition states what
somebody decided. Values of secrets are never part of it. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.cli.documents.blocks import write
from shared.service import names
from shared.service.documents import plain

CLUSTER: Final = "oscar-cluster"
"""The cluster of a document, for a service that names none."""

_FIRST: Final = ("name", "image", "script", "cpu", "memory", "expose", "environment", "volume")
_MADE: Final = ("token", "namespace", "owner", "deployment", "volume_status", "cluster_id")
"""Fields that the API makes, whatever a definition says."""
_MADE_LABELS: Final = frozenset((*names.forced_labels(""), names.OWNER_LABEL, "uid"))
_DEFAULTS: Final = {"log_level": "INFO", "visibility": "private"}
_ZEROS: Final = ("synchronous", "mount")
"""Sections that mean nothing where all of them is zero: Go clients write them so."""


def stated(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the definition behind `answer`, a service in OSCAR's JSON, states; secrets blank."""
    body = {name: item for name, item in plain(answer).items() if name not in _MADE}
    body["labels"] = {
        key: item for key, item in (body.get("labels") or {}).items() if key not in _MADE_LABELS
    }
    body["environment"] = _environment(body.get("environment") or {})
    known = [name for name in _FIRST if name in body]
    ordered = known + [name for name in body if name not in _FIRST]
    return {name: body[name] for name in ordered if _says_something(name, body[name])}


def is_exposed(answer: Mapping[str, Any]) -> bool:
    """Whether the service of `answer` runs and has an address."""
    return bool((answer.get("expose") or {}).get("api_port"))


def document(bodies: Sequence[Mapping[str, Any]], cluster: str = CLUSTER) -> str:
    """An FDL document with services as `stated` gives them; their scripts stand in it."""
    entries = [{cluster: _inline(body)} for body in bodies]
    return write({"functions": {"oscar": entries}})


def _inline(body: Mapping[str, Any]) -> dict[str, Any]:
    """A script of one line gets its line end, without which it would name a file."""
    script = body.get("script", "")
    return {**body, "script": script if "\n" in script else script + "\n"}


def _environment(section: Mapping[str, Any]) -> dict[str, Any]:
    blank = dict.fromkeys(section.get("secrets") or {}, "")
    parts = {"variables": section.get("variables") or {}, "secrets": blank}
    return {name: part for name, part in parts.items() if part}


def _says_something(name: str, value: Any) -> bool:
    if name in _ZEROS and isinstance(value, dict):
        return any(value.values())
    return value not in (None, "", False, 0, [], {}, _DEFAULTS.get(name))
