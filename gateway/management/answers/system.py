"""What the API says of itself and of the cluster: OSCAR's Info, ConfigForUser and StatusInfo. Pure.

Called by `calls`. Clients decide by these what they may ask: the version is that of the OSCAR whose
contract is kept, and what this product has not got is told as absent, in the form that clients take
for absent: lists that are empty and strings that are, where a null would end the dashboard.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.management.answers import nodes
from shared.service import names

if TYPE_CHECKING:
    from shared.service.objects import Obj

OSCAR: Final = "v4.1.2"
"""The release of OSCAR whose contract this is: since v4.1.0 ports are lists."""
PRODUCT: Final = "exposed-services"

_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_PHASES: Final = ("Pending", "Running", "Succeeded", "Failed", "Unknown")
_NO_STORAGE: Final = {
    "endpoint": "",
    "verify": True,
    "access_key": "",
    "secret_key": "",
    "region": "",
}


@dataclass(frozen=True, slots=True)
class Login:
    """How others than the administrator log in, as far as clients are told."""

    enabled: bool = False
    issuers: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


BASIC_ONLY: Final = Login()


def info(release: str, kubernetes: str) -> Obj:
    """Info; `release` is this product's, and `kubernetes` the API server's, "" while it does not
    say."""
    machine = platform.machine().lower()
    return {
        "version": OSCAR,
        "git_commit": "",
        "architecture": _ARCHITECTURES.get(machine, machine),
        "kubernetes_version": kubernetes,
        "serverless_backend": {"name": PRODUCT, "version": release},
    }


def config(login: Login, cluster_nodes: Iterable[Obj]) -> Obj:
    """ConfigForUser."""
    return {
        "config": {
            "name": "oscar",
            "namespace": names.SYSTEM_NAMESPACE,
            "services_namespace": names.NAMESPACE,
            "controller_service_account": "management",
            "gpu_available": nodes.has_gpu(cluster_nodes),
            "interLink_available": False,
            "yunikorn_enable": False,
            "kueue_enable": False,
            "volume_enable": False,
            "oidc_groups": list(login.groups),
            "minio_quota_enabled": False,
        },
        "minio_provider": dict(_NO_STORAGE),
        "allowed_image_repositories": [],
    }


def status(
    cluster: Obj, pods: Iterable[Obj], login: Login, since: str, notes: Sequence[str]
) -> Obj:
    """StatusInfo. Of its own Deployment the process knows itself alone, `since` when; `notes` say
    what is missing and why, in a field of ours."""
    phases = Counter((pod.get("status") or {}).get("phase") or "Unknown" for pod in pods)
    body: Obj = {
        "cluster": cluster,
        "oscar": {
            "deployment_name": "management",
            "ready": True,
            "deployment": {
                "available_replicas": 1,
                "ready_replicas": 1,
                "replicas": 1,
                "creation_timestamp": since,
                "strategy": "RollingUpdate",
                "labels": {"app.kubernetes.io/name": "management"},
            },
            "jobs_count": 0,
            "pods": {
                "total": phases.total(),
                "states": dict.fromkeys(_PHASES, 0) | dict(phases),
            },
            "oidc": {
                "enabled": login.enabled,
                "issuers": list(login.issuers),
                "groups": list(login.groups),
            },
        },
        "minio": {"buckets_count": 0, "total_objects": 0},
    }
    return body | ({"message": " ".join(notes)} if notes else {})
