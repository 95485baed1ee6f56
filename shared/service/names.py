"""Names of the Kubernetes objects that make up one exposed service.

They follow OSCAR (ConfigMap `<name>`, Service `<name>-svc`, pod label `oscar-svc-exp-<name>`), so
that existing dashboards and habits keep working. Deployments end in `-dlp`, as in OSCAR's document.
"""

from __future__ import annotations

import re
from typing import Final

NAMESPACE: Final = "oscar-svc"
SYSTEM_NAMESPACE: Final = "oscar"

SERVICE_LABEL: Final = "oscar_service"
USER_SERVICE_LABEL: Final = "oscar.grycap/user-service"
OWNER_LABEL: Final = "owner_name"
"""The label of a service that names its owner for people."""

DEFINITION_KEY: Final = "function_config.yaml"
VOLUME: Final = "service-volume"
"""The volume of a service, as its pod's spec names it."""
SCRIPT_KEY: Final = "script.sh"
DIGEST_KEY: Final = "token_sha256"
TOKEN_KEY: Final = "token"  # noqa: S105  the key of the Secret, not a token

REVISION: Final = "oscar.grycap.io/revision"
"""Annotation of a ConfigMap: which of the revisions that the Secret keeps is its own."""
APPLIED: Final = "oscar.grycap.io/applied"
"""Annotation of the token's Secret: the revision that all other objects have been brought to."""
RENDERED: Final = "oscar.grycap.io/rendered"
"""Annotation of a Deployment: digests of what its template was rendered of and of what came out, by
a slash; nothing behind it where the template of an earlier version stays."""
STOPPED: Final = "oscar.grycap.io/stopped"
PREVIOUS_REPLICAS: Final = "oscar.grycap.io/previous-replicas"
RESTARTED_AT: Final = "oscar.grycap.io/restarted-at"
ASLEEP_SINCE: Final = "oscar.grycap.io/asleep-since"
"""Annotation of a Deployment at 0 replicas that the scaler put to sleep: since when. One at 0
without it was stopped by somebody, and is not woken."""
WAKE: Final = "oscar.grycap.io/wake"
"""Annotation of a Deployment: when somebody last asked to wake it."""
SCALER_DECISION: Final = "oscar.grycap.io/scaler-decision"
SCALER_CONFIG: Final = "oscar.grycap.io/scaler-config"
"""Annotation of the scaler's Lease: the configuration that the leader works by."""
SCALER_ADMIN: Final = "oscar.grycap.io/scaler-admin"
"""Annotation of the scaler's Lease: the address of the leader's admin port."""

SERVICES_API: Final = "exposed-services"
"""The field manager of the services API: what it writes, somebody asked it for."""

SCRIPT_MOUNT: Final = "/oscar/config"

_NAME: Final = re.compile(r"[a-z](?:[-a-z0-9]{0,37}[a-z0-9])?", re.ASCII)


def check_name(name: str) -> str:
    """`name` if it can name a service, else ValueError."""
    if _NAME.fullmatch(name) is None:
        raise ValueError(
            f"{name[:60]!r} cannot name a service; use 1 to 39 lowercase letters, digits and '-', "
            "starting with a letter and ending with a letter or digit"
        )
    return name


def deployment(name: str) -> str:
    """The Deployment of service `name`; its pods are listed as `<name>-dlp-…`."""
    return f"{name}-dlp"


def service(name: str) -> str:
    """The Kubernetes Service of service `name`."""
    return f"{name}-svc"


def token_secret(name: str) -> str:
    """The Secret that holds the token of service `name`."""
    return f"{name}-token"


def environment_secret(name: str) -> str:
    """The Secret with the `environment.secrets` of service `name`.

    OSCAR calls it `<name>`; here that of a service `a-token` would be the token of service `a`.
    """
    return f"{name}-env"


def app_label(name: str) -> str:
    """The value of the label `app` on the pods of service `name`."""
    return f"oscar-svc-exp-{name}"


def forced_labels(name: str) -> dict[str, str]:
    """The labels that OSCAR answers for service `name` whatever its definition says, but for the
    owner's."""
    return {
        USER_SERVICE_LABEL: "true",
        SERVICE_LABEL: name,
        "applicationId": name,
        "queue": f"root.oscar-queue.{name}",
    }


def pod_selector(name: str) -> str:
    """The label selector of the pods of service `name`, and of their ReplicaSets."""
    return f"app={app_label(name)}"


def base_path(name: str) -> str:
    """The path prefix under which the gateway exposes service `name` (no trailing slash)."""
    return f"/system/services/{name}/exposed"
