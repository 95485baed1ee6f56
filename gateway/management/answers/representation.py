"""A service as OSCAR's REST API answers it: every field of its JSON, in its order. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.management.answers.volumes import volume_status
from shared.service import fdl, names
from shared.service.model import ADMINISTRATOR, EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.service.model import Service
    from shared.service.objects import Obj

# What OSCAR states for fields that nobody gave; null where a Go slice is nil.
_DEFAULTS: Final[dict[str, Any]] = {
    "name": "",
    "cluster_id": "",
    "memory": "",
    "cpu": "",
    "total_memory": "",
    "total_cpu": "",
    "ephemeral_storage_request": "",
    "enable_gpu": False,
    "enable_sgx": False,
    "image_prefetch": False,
    "synchronous": {"min_scale": 0, "max_scale": 0},
    "log_level": "INFO",
    "image": "",
    "alpine": False,
    "token": "",
    "file_stage_in": False,
    "input": None,
    "output": None,
    "script": "",
    "image_pull_secrets": [],
    "expose": {},
    "environment": {},
    "annotations": {},
    "vo": "",
    "labels": {},
    "storage_providers": {},
    "clusters": {},
    "owner": ADMINISTRATOR,
    "namespace": "",
    "interlink_node_name": "",
    "visibility": "private",
    "allowed_users": None,
    "isolation_level": "",
    "bucket_list": None,
    "mount": {},
}


def service_json(
    service: Service,
    token: str,
    deployment: dict[str, Any] | None,
    claims: Mapping[str, Obj] = EMPTY,
    namespace: str = names.NAMESPACE,
) -> dict[str, Any]:
    """The answer for `service`; `deployment` is its status when the caller asked for it.

    claims: PersistentVolumeClaims by name, that of its volume among them.
    """
    body = _DEFAULTS | fdl.to_json(service)
    body |= {"token": token, "namespace": namespace, "owner": service.owner}
    body["labels"] = {
        **body["labels"],
        **names.forced_labels(service.name),
        names.OWNER_LABEL: body["labels"].get(names.OWNER_LABEL, service.owner),
    }
    body["volume_status"] = volume_status(service.volume, claims)
    if deployment is not None:
        body["deployment"] = deployment
    return body
