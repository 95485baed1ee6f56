"""Fields of OSCAR's services that do nothing for an exposed one here, and who is told. Pure.

Called by `definition` with what it did not read itself. Such fields are kept and answered as they
came, so that OSCAR's clients find what they wrote: so they are held to the types that those clients
decode. What would be missed is said, and so is a name that means nothing at all.
"""

from __future__ import annotations

from typing import Any, Final

from shared.service import quantity
from shared.service.fields import Fields

_TEXTS: Final = (
    "cluster_id", "delegation", "interlink_node_name", "isolation_level", "log_level", "vo",
)  # fmt: skip
_FLAGS: Final = ("alpine", "enable_gpu", "enable_sgx", "file_stage_in", "image_prefetch")
_QUANTITIES: Final = ("ephemeral_storage_request", "total_cpu", "total_memory")
_WORDS: Final = ("bucket_list",)
_MAPPINGS: Final = ("clusters", "federation", "kserve", "mount", "storage_providers")
_FORMER: Final = ("image_rules", "replicas", "rescheduler_threshold")
"""What OSCAR had once, and its dashboard still writes of every service."""
_MISSED: Final = {
    "input": "files that arrive in storage start nothing here; send HTTP requests",
    "output": "results are not stored; the HTTP response is all",
    "mount": "object storage is not mounted; let the script fetch what it needs, or give a volume",
    "kserve": "no inference server is made; put the server into the image",
    "federation": "services run on this cluster alone",
    "interlink_node_name": "pods run on the cluster's own nodes",
    "isolation_level": "no buckets are made that it could part",
    "enable_sgx": "pods are given no enclave",
    "image_prefetch": "a node pulls the image with its first pod",
    "replicas": "no jobs are delegated; expose.min_scale and max_scale bound the pods",
    "synchronous": "there is no other call of a service than its own port",
}


def read(fields: Fields) -> dict[str, Any]:
    """All that `fields` has left, known fields in the types and under the names that OSCAR's
    clients decode; what is of another type is refused, and what somebody would miss is told."""
    known: dict[str, Any] = {name: fields.text(name) for name in _TEXTS}
    known |= {name: fields.flag(name, default=False) for name in _FLAGS}
    known |= {name: fields.parsed(name, default="", parse=_amount) for name in _QUANTITIES}
    known |= {name: fields.mapping(name) for name in _MAPPINGS}
    known |= {name: list(fields.words(name)) for name in _WORDS}
    known |= {name: fields.raw(name) for name in _FORMER}
    known["synchronous"] = _synchronous(fields)
    for name in ("input", "output"):
        known[name] = _paths(fields, name)
    for name, sentence in _MISSED.items():
        if _given(fields.raw(name)):
            fields.warn(name, f"has no effect here: {sentence}")
    unknown = fields.unknown()
    fields.warn_unknown()
    return unknown | {name: item for name, item in known.items() if fields.raw(name) is not None}


def _given(value: object) -> bool:
    """Whether somebody wrote it: a client in Go writes an empty struct with its empty fields."""
    return any(map(_given, value.values())) if isinstance(value, dict) else bool(value)


def _amount(text: str) -> str:
    if quantity.parse(text) < 0:
        raise ValueError(f"{text} is below zero")
    return text


def _synchronous(fields: Fields) -> dict[str, int]:
    """Of OSCAR's own calls of a service, which are not made here."""
    with fields.section("synchronous") as section:
        return {
            name: section.integer(name, default=0, least=0, most=2**31 - 1)
            for name in ("min_scale", "max_scale")
        }


def _paths(fields: Fields, name: str) -> list[Any]:
    """Inputs or outputs as they came; each names a path, in OSCAR's words."""
    entries = list(fields.sequence(name))
    for index, entry in enumerate(entries):
        each = Fields(entry, fields.at(f"{name}[{index}]"), fields.problems)
        each.text("storage_provider")
        path = each.text("path")
        if isinstance(entry, dict) and not path.strip(" /"):
            each.error("path", f"{name} path cannot be empty; write for example bucket/folder")
        for words in ("suffix", "prefix"):
            each.words(words)
    return entries
