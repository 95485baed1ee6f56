"""The pods of a service: template of its Deployment. Pure.

Names and paths are OSCAR's; the periods of the probes are shorter, so that a service that is up in
two seconds is used after two seconds.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final

from gateway.management.objects import security
from gateway.management.objects.policy import DEFAULT
from gateway.management.objects.spans import PAUSE, STEPS
from shared.service import names
from shared.service.probing import probe_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.management.objects.policy import Policy
    from shared.service.model import Expose, Service

CONTAINER: Final = "oscar-container"
CONTENT: Final = "oscar.grycap.io/content"
"""Pod annotation that changes with what the pods read at start, so that new content rolls out."""

_FIRST_PORT: Final = "podport-0"


def pod_template(
    service: Service,
    expose: Expose,
    token: str,
    policy: Policy = DEFAULT,
    grace: int = STEPS[0],
) -> dict[str, Any]:
    """The PodTemplateSpec of `service`, whose pods have `grace` seconds to end."""
    spec: dict[str, Any] = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": grace,
        "securityContext": security.pod_context(service, policy),
        "containers": [_container(service, expose, policy)],
        "volumes": [volume for volume, _ in _mounted(service, policy)],
    }
    if service.volume and policy.access_mode == "ReadWriteOnce":
        spec["affinity"] = _one_node(service)
    if service.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in service.image_pull_secrets]
    labels = {
        "app": names.app_label(service.name),
        names.SERVICE_LABEL: service.name,
        names.USER_SERVICE_LABEL: "true",
    }
    annotations = {CONTENT: content_mark(service, token)}
    return {"metadata": {"labels": labels, "annotations": annotations}, "spec": spec}


def content_mark(service: Service, token: str) -> str:
    """A digest of script and secrets; keyed, so that nobody can guess secrets by it."""
    secrets = sorted(service.environment.secrets.items())
    return hmac.new(
        token.encode(), repr((service.script, secrets)).encode(), hashlib.sha256
    ).hexdigest()


def _container(service: Service, expose: Expose, policy: Policy) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": service.image,
        "imagePullPolicy": "Always",
        "env": _environment(service),
        "ports": [
            {"name": f"podport-{index}", "containerPort": port, "protocol": "TCP"}
            for index, port in enumerate(expose.api_port)
        ],
        "resources": _resources(service),
        "securityContext": security.container_context(service, policy),
        "volumeMounts": [
            {"name": volume["name"], "mountPath": path}
            for volume, path in _mounted(service, policy)
        ],
        "lifecycle": {"preStop": {"sleep": {"seconds": PAUSE}}},
    }
    if service.environment.secrets:
        container["envFrom"] = [{"secretRef": {"name": names.environment_secret(service.name)}}]
    if not expose.default_command:
        container["command"] = ["/bin/sh", f"{names.SCRIPT_MOUNT}/{names.SCRIPT_KEY}"]
    return container | _probes(service.name, expose)


def _resources(service: Service) -> dict[str, dict[str, str]]:
    amounts = {"cpu": service.cpu, "memory": service.memory}
    if service.extra.get("enable_gpu") is True:
        amounts["nvidia.com/gpu"] = "1"
    # equal, so that the percentage of CPU that the scaler reads has a base
    requests = dict(amounts)
    if scratch := service.extra.get("ephemeral_storage_request"):
        requests["ephemeral-storage"] = str(scratch)
    return {"requests": requests, "limits": amounts}


def _environment(service: Service) -> list[dict[str, Any]]:
    secret = {"name": names.token_secret(service.name), "key": names.TOKEN_KEY}
    ours: list[dict[str, Any]] = [
        {"name": "OSCAR_SERVICE_NAME", "value": service.name},
        {"name": "OSCAR_SERVICE_TOKEN", "valueFrom": {"secretKeyRef": secret}},
        {"name": "OSCAR_SERVICE_BASE_PATH", "value": names.base_path(service.name)},
    ]
    taken = {entry["name"] for entry in ours}
    return [*_plain(service.environment.variables, taken), *ours]


def _plain(variables: Mapping[str, str], taken: set[str]) -> list[dict[str, Any]]:
    # the kubelet reads `$(NAME)` and `$$` in a value; what users write means itself
    return [
        {"name": name, "value": value.replace("$", "$$")}
        for name, value in variables.items()
        if name not in taken
    ]


def _mounted(service: Service, policy: Policy) -> list[tuple[dict[str, Any], str]]:
    """Each volume of the pod with the path at which its container has it."""
    mounted = [(_script_volume(service), names.SCRIPT_MOUNT)]
    if volume := service.volume:
        source = {"persistentVolumeClaim": {"claimName": volume.name}}
        mounted.append(({"name": names.VOLUME, **source}, volume.mount_path))
    taken = {path.rstrip("/") for _, path in mounted}
    if security.has_read_only_root(service, policy) and security.TMP not in taken:
        mounted.append((security.SCRATCH, security.TMP))
    return mounted


def _one_node(service: Service) -> dict[str, Any]:
    """A volume that one node mounts keeps all pods there, also the first of a new version."""
    selector = {"matchLabels": {"app": names.app_label(service.name)}}
    term = {"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"}
    return {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def _script_volume(service: Service) -> dict[str, Any]:
    source = {
        "name": service.name,
        "defaultMode": 0o755,
        "items": [{"key": names.SCRIPT_KEY, "path": names.SCRIPT_KEY}],
    }
    return {"name": "oscar-config", "configMap": source}


def _probes(name: str, expose: Expose) -> dict[str, Any]:
    request = _asked(name, expose)
    return {
        "startupProbe": _probe(request, period=1, failures=expose.startup_timeout),
        "readinessProbe": _probe(request, period=5, failures=3),
        "livenessProbe": _probe(request, period=10, failures=12),
    }


def _asked(name: str, expose: Expose) -> dict[str, Any]:
    """What the node asks. It speaks no HTTP/2, and its gRPC probe fails where the server does not
    serve `grpc.health.v1`, as most do not; so that of those it asks whether they listen."""
    if expose.protocol != "http1":
        return {"tcpSocket": {"port": _FIRST_PORT}}
    path = probe_path(name, expose)
    return {"httpGet": {"path": path, "port": _FIRST_PORT, "scheme": "HTTP"}}


def _probe(request: dict[str, Any], *, period: int, failures: int) -> dict[str, Any]:
    return {
        **request,
        "periodSeconds": period,
        "timeoutSeconds": 10,
        "failureThreshold": failures,
    }
