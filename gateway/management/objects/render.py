"""A service as the Kubernetes objects that make it up. Pure.

The ConfigMap is the root: definition, script and digest of the token. It owns all others, so that
deleting it deletes them: the Secrets of the token and of the environment, and for an exposed
service its Kubernetes Service and its Deployment. In which namespace, the call says that writes
them. `lifecycle` applies them; nothing here asks the
cluster.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from gateway.management.objects.pod import pod_template
from gateway.management.objects.policy import DEFAULT
from gateway.management.objects.spans import STEPS, progress_deadline
from shared.service import fdl, names, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.management.objects.policy import Policy
    from shared.service.model import Expose, Service
    from shared.service.objects import Obj

CONFIGMAP_LIMIT: Final = 1024 * 1024
"""Bytes of keys and values in a ConfigMap, at most (Kubernetes documentation of ConfigMap)."""

H2C: Final = "kubernetes.io/h2c"
"""HTTP/2 with prior knowledge, as a Service says it of its port
(https://kubernetes.io/docs/concepts/services-networking/service/#application-protocol)."""


class TooLargeError(ValueError):
    """The service does not fit into a ConfigMap."""


def configmap(service: Service, token: str) -> Obj:
    """The root object; raises TooLargeError."""
    data = {
        names.DEFINITION_KEY: fdl.dump_definition(service),
        names.SCRIPT_KEY: service.script,
        names.DIGEST_KEY: tokens.digest(token).hex(),
    }
    size = sum(len(key) + len(value.encode()) for key, value in data.items())
    if size > CONFIGMAP_LIMIT:
        raise TooLargeError(
            f"script: script and definition take {size} bytes, and {CONFIGMAP_LIMIT} fit into the "
            "ConfigMap that carries them; move data and long code into the image"
        )
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _metadata(service), "data": data}


def dependents(
    service: Service,
    token: str,
    owner_uid: str,
    policy: Policy = DEFAULT,
    grace: int = STEPS[0],
) -> list[Obj]:
    """All other objects but the claim of a volume, in the order in which they are to be applied.

    `owner_uid` is the uid of the ConfigMap: deleting that deletes these. Pods have `grace` seconds
    to end.
    """
    objects = [token_secret(service.name, token)]
    if service.environment.secrets:
        values = service.environment.secrets
        objects.append(_secret(service, names.environment_secret(service.name), values))
    if service.expose is not None:
        objects.append(_service(service, service.expose))
        objects.append(_deployment(service, service.expose, token, policy, grace))
    for obj in objects:
        obj["metadata"]["ownerReferences"] = [owner(service.name, owner_uid)]
    return objects


def owner(name: str, uid: str) -> Obj:
    """The reference by which the ConfigMap of service `name` owns another object."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": uid}


def token_secret(name: str, token: str) -> Obj:
    """The Secret that pods of service `name` have the token from."""
    place = names.token_secret(name)
    labels = {names.SERVICE_LABEL: name}
    metadata = {"name": place, "labels": labels}
    return _opaque(metadata, {names.TOKEN_KEY: token})


def places(name: str) -> list[tuple[str, str]]:
    """Kind and name of all objects that service `name` may have, but for the ConfigMap."""
    return [
        ("Secret", names.token_secret(name)),
        ("Secret", names.environment_secret(name)),
        ("Service", names.service(name)),
        ("Deployment", names.deployment(name)),
    ]


def superfluous(service: Service) -> list[tuple[str, str]]:
    """Kind and name of the objects that an earlier definition may have had and this one has not."""
    absent: list[tuple[str, str]] = []
    if service.expose is None:
        absent.append(("Deployment", names.deployment(service.name)))
        absent.append(("Service", names.service(service.name)))
    if not service.environment.secrets:
        absent.append(("Secret", names.environment_secret(service.name)))
    return absent


def _metadata(service: Service, name: str = "") -> Obj:
    return {
        "name": name or service.name,
        "labels": {names.SERVICE_LABEL: service.name},
    }


def _secret(service: Service, name: str, values: Mapping[str, str]) -> Obj:
    return _opaque(_metadata(service, name), values)


def _opaque(metadata: Obj, values: Mapping[str, str]) -> Obj:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "Opaque",
        "data": data,
    }


def _service(service: Service, expose: Expose) -> Obj:
    ports: list[dict[str, Any]] = [
        {
            "name": f"serviceport-{index}",
            "port": 80 + index,
            "targetPort": port,
            "protocol": "TCP",
        }
        for index, port in enumerate(expose.api_port)
    ]
    if expose.protocol != "http1":
        ports[0]["appProtocol"] = H2C
    for port, node_port in zip(ports, expose.node_port, strict=False):
        if node_port:
            port["nodePort"] = node_port
    spec = {
        "type": "NodePort" if expose.node_port else "ClusterIP",
        "selector": {"app": names.app_label(service.name)},
        "ports": ports,
    }
    metadata = _metadata(service, names.service(service.name))
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def deployment_strategy() -> Obj:
    """How a Deployment goes from one template to the next: never with fewer pods."""
    return {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"},
    }


def _deployment(service: Service, expose: Expose, token: str, policy: Policy, grace: int) -> Obj:
    # `replicas` is left out: the scaler writes it, and an apply must not undo that
    spec = {
        "selector": {"matchLabels": {"app": names.app_label(service.name)}},
        "strategy": deployment_strategy(),
        "progressDeadlineSeconds": progress_deadline(expose),
        "template": pod_template(service, expose, token, policy, grace),
    }
    metadata = _metadata(service, names.deployment(service.name))
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
