"""Fields of OSCAR's services that do nothing for an exposed one here, and who is told. Pure.

Called by `fdl` with what it did not read itself. Such fields are kept and answered as they came, so
that OSCAR's clients find what they wrote; what would be missed is said, and so is a name that
means nothing at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.service import quantity

if TYPE_CHECKING:
    from shared.service.fields import Fields

_SILENT: Final = (
    "alpine", "bucket_list", "cluster_id", "clusters", "enable_gpu",
    "enable_sgx", "federation", "file_stage_in",
    "image_prefetch", "kserve", "log_level", "storage_providers", "synchronous",
    "total_cpu", "total_memory", "vo",
)  # fmt: skip
_MISSED: Final = {
    "input": "files that arrive in storage start nothing here; send HTTP requests",
    "output": "results are not stored; the HTTP response is all",
    "mount": "object storage is not mounted; let the script fetch what it needs, or give a volume",
    "interlink_node_name": "pods run on the cluster's own nodes",
    "isolation_level": "all services run in one namespace",
}


def check(fields: Fields) -> None:
    """Warn of each field that `fields` has left and that somebody would miss."""
    fields.parsed("ephemeral_storage_request", default="", parse=_positive)
    for name in _SILENT:
        fields.raw(name)
    for name, sentence in _MISSED.items():
        if fields.raw(name):
            fields.warn(name, f"has no effect here: {sentence}")
    fields.warn_unknown()


def _positive(text: str) -> str:
    if quantity.parse(text) <= 0:
        raise ValueError(f"{text} is not above zero")
    return text
