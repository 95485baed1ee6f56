"""Fields of OSCAR's services that do nothing for an exposed one here, and who is told. Pure.

Called by `definition` with what it did not read itself. Such fields are kept and answered as they
came, so that OSCAR's clients find what they wrote: so they are held to the types that those clients
decode. What would be missed is said, and so is a name that means nothing at all.
"""

from __future__ import annotations

from typing import Final

from shared.service import quantity
from shared.service.fields import Fields

_TEXTS: Final = (
    "cluster_id", "delegation", "interlink_node_name", "isolation_level", "log_level", "vo",
)  # fmt: skip
_FLAGS: Final = ("alpine", "enable_gpu", "enable_sgx", "file_stage_in", "image_prefetch")
_QUANTITIES: Final = ("ephemeral_storage_request", "total_cpu", "total_memory")
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
}


def check(fields: Fields) -> None:
    """Refuse what is not of its field's type, and warn of what `fields` has left and somebody would
    miss."""
    for name in _TEXTS:
        fields.text(name)
    for name in _FLAGS:
        fields.flag(name, default=False)
    for name in _QUANTITIES:
        fields.parsed(name, default="", parse=_amount)
    fields.words("bucket_list")
    for name in _MAPPINGS:
        fields.mapping(name)
    for name in _FORMER:
        fields.raw(name)
    _synchronous(fields)
    for name in ("input", "output"):
        _paths(fields, name)
    for name, sentence in _MISSED.items():
        if _given(fields.raw(name)):
            fields.warn(name, f"has no effect here: {sentence}")
    fields.warn_unknown()


def _given(value: object) -> bool:
    """Whether somebody wrote it: a client in Go writes an empty struct with its empty fields."""
    return any(map(_given, value.values())) if isinstance(value, dict) else bool(value)


def _amount(text: str) -> str:
    if quantity.parse(text) < 0:
        raise ValueError(f"{text} is below zero")
    return text


def _synchronous(fields: Fields) -> None:
    """Of OSCAR's own calls of a service, which are not made here."""
    with fields.section("synchronous") as section:
        for name in ("min_scale", "max_scale"):
            section.integer(name, default=0, least=0, most=2**31 - 1)


def _paths(fields: Fields, name: str) -> None:
    """Each input and output names a path, in OSCAR's words."""
    for index, entry in enumerate(fields.sequence(name)):
        each = Fields(entry, fields.at(f"{name}[{index}]"), fields.problems)
        each.text("storage_provider")
        path = each.text("path")
        if isinstance(entry, dict) and not path.strip(" /"):
            each.error("path", f"{name} path cannot be empty; write for example bucket/folder")
        for words in ("suffix", "prefix"):
            each.words(words)
