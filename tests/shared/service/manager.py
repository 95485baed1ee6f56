"""What an OSCAR manager makes of an exposed service: its objects, as the API server holds them.

Written after grycap/oscar `pkg/backends` and `pkg/types/service.go`: version 4.0 states a port as a
number and writes `nodePort: 0`, 4.1 states lists and leaves out what is not asked for.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import yaml

from shared.service.objects import Obj

NS = "oscar-svc"
TOKEN = "0123456789abcdef" * 4
SCRIPT = "#!/bin/sh\nexec python3 server.py\n"


@dataclass(frozen=True)
class Made:
    """A service that a manager made. `secrets`: of its environment."""

    name: str = "ocr"
    version: str = "4.1"
    token: str = TOKEN
    script: str = SCRIPT
    exposed: bool = True
    set_auth: bool = False
    replicas: int = 1
    stopped: int = 0
    """Replicas before it was stopped; 0: it is not stopped."""
    node_port: int = 0
    route: str = "ingress"
    autoscaled: bool = True
    secrets: dict[str, str] = field(default_factory=dict)
    pod: dict[str, Any] = field(default_factory=dict)
    """More of the pods' spec."""
    port: int = 5000
    most: int = 4
    """`max_scale`."""

    def definition(self) -> dict[str, Any]:
        """The YAML of `function_config.yaml`, as a value."""
        return {
            "name": self.name,
            "cluster_id": "oscar-cluster",
            "memory": "256Mi",
            "cpu": "0.2",
            "total_memory": "",
            "total_cpu": "",
            "ephemeral_storage_request": "",
            "enable_gpu": False,
            "enable_sgx": False,
            "image_prefetch": False,
            "synchronous": {"min_scale": 0, "max_scale": 0},
            "log_level": "INFO",
            "image": "registry/ocr:1",
            "alpine": False,
            "token": self.token,
            "file_stage_in": False,
            "input": [],
            "output": [],
            "expose": self._expose(),
            "environment": {
                "variables": {"MODE": "fast"},
                "secrets": dict.fromkeys(self.secrets, ""),
            },
            "annotations": {},
            "vo": "",
            "labels": {
                "oscar_service": self.name,
                "oscar.grycap/user-service": "true",
                "applicationId": self.name,
                "queue": f"root.oscar-queue.{self.name}",
                "owner_name": "oscar",
            },
            "owner": "cluster_admin",
            "interlink_node_name": "",
            "visibility": "private",
            "allowed_users": [],
            "isolation_level": "SERVICE",
            "bucket_list": [],
            "mount": {"storage_provider": "", "path": ""},
        }

    def _expose(self) -> dict[str, Any]:
        old = self.version == "4.0"
        body: dict[str, Any] = {"min_scale": 1, "max_scale": self.most}
        if not self.exposed:
            body = {"min_scale": 0, "max_scale": 0}
        else:
            body["api_port"] = self.port if old else [self.port]
        body |= {"cpu_threshold": 60 if self.exposed else 0, "rewrite_target": False}
        if old:
            body["nodePort"] = self.node_port
        elif self.node_port:
            body["nodePort"] = [self.node_port]
        body |= {"default_command": False, "set_auth": self.set_auth}
        return body | {"health_path": "/" if self.exposed else ""}

    def objects(self) -> list[Obj]:
        """All of them, in the order in which the manager makes them."""
        found = [self.configmap(), self._podtemplate()]
        if self.secrets:
            found.insert(0, self._secret(self.name, self.secrets, immutable=False))
        if not self.exposed:
            return found
        found += [self.deployment(), self.service()]
        if self.autoscaled and not self.stopped:
            found.append(self.autoscaler())
        if not self.node_port:
            found += self._routes()
        return found

    def configmap(self) -> Obj:
        data = {
            "script.sh": self.script,
            "function_config.yaml": yaml.safe_dump(self.definition(), sort_keys=False),
        }
        labels = {"oscar_service": self.name}
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": self._metadata(self.name, labels=labels),
            "data": data,
        }

    def deployment(self) -> Obj:
        annotations = {}
        if self.stopped:
            annotations["oscar.grycap.io/previous-replicas"] = str(self.stopped)
            annotations["oscar.grycap.io/stopped"] = "true"
        app = {"app": f"oscar-svc-exp-{self.name}"}
        template = {
            "metadata": {
                "name": self.name,
                "namespace": NS,
                "labels": {"oscar.grycap/user-service": "true", **app},
            },
            "spec": self._pod(),
        }
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": self._metadata(
                f"{self.name}-dpl",
                labels={"oscar.grycap/owner": "cluster_admin"},
                annotations=annotations,
            ),
            "spec": {
                "replicas": 0 if self.stopped else self.replicas,
                "selector": {"matchLabels": app},
                "template": template,
            },
        }

    def _pod(self) -> dict[str, Any]:
        probe = {
            "httpGet": {"path": "/", "port": "podport-0", "scheme": "HTTP"},
            "timeoutSeconds": 10,
            "periodSeconds": 5,
        }
        container = {
            "name": "oscar-container",
            "image": "registry/ocr:1",
            "imagePullPolicy": "Always",
            "command": ["/bin/sh"],
            "args": ["-c", "/oscar/config/script.sh"],
            "ports": [{"name": "podport-0", "containerPort": self.port}],
            "env": [
                {"name": "MODE", "value": "fast"},
                {"name": "OSCAR_SERVICE_NAME", "value": self.name},
                {"name": "OSCAR_SERVICE_TOKEN", "value": self.token},
                {
                    "name": "OSCAR_SERVICE_BASE_PATH",
                    "value": f"/system/services/{self.name}/exposed",
                },
                {"name": "fprocess", "value": "/oscar/bin/supervisor"},
                {"name": "max_inflight", "value": "1"},
            ],
            "resources": {"limits": {"cpu": "200m", "memory": "256Mi"}},
            "volumeMounts": [{"name": "oscar-config", "mountPath": "/oscar/config"}],
            "startupProbe": {**probe, "periodSeconds": 10, "failureThreshold": 18},
            "readinessProbe": {**probe, "initialDelaySeconds": 10},
            "livenessProbe": {**probe, "initialDelaySeconds": 60, "failureThreshold": 12},
        }
        if self.secrets:
            container["envFrom"] = [{"secretRef": {"name": self.name}}]
        volume = {"name": "oscar-config", "configMap": {"name": self.name, "defaultMode": 0o777}}
        return {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "containers": [container],
            "volumes": [volume],
            **self.pod,
        }

    def service(self) -> Obj:
        port: dict[str, Any] = {"name": "serviceport-0", "port": 80, "targetPort": self.port}
        if self.node_port:
            port["nodePort"] = self.node_port
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": self._metadata(f"{self.name}-svc"),
            "spec": {
                "type": "NodePort" if self.node_port else "ClusterIP",
                "ports": [port],
                "selector": {"app": f"oscar-svc-exp-{self.name}"},
            },
        }

    def autoscaler(self) -> Obj:
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"{self.name}-dpl"}
        return {
            "apiVersion": "autoscaling/v1",
            "kind": "HorizontalPodAutoscaler",
            "metadata": self._metadata(f"{self.name}-hpa"),
            "spec": {
                "scaleTargetRef": target,
                "minReplicas": 1,
                "maxReplicas": 4,
                "targetCPUUtilizationPercentage": 60,
            },
        }

    def _routes(self) -> list[Obj]:
        prefix = f"/system/services/{self.name}/exposed"
        if self.route == "httproute":
            return [*self._traefik(prefix)]
        backend = {"service": {"name": f"{self.name}-svc", "port": {"number": 80}}}
        path = {"path": f"{prefix}/?(.*)", "pathType": "ImplementationSpecific", "backend": backend}
        annotations = {"nginx.ingress.kubernetes.io/rewrite-target": "/$1"}
        if self.set_auth:
            annotations["nginx.ingress.kubernetes.io/auth-secret"] = f"{self.name}-auth-expose"
        found: list[Obj] = [
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "Ingress",
                "metadata": self._metadata(f"{self.name}-ing", annotations=annotations),
                "spec": {"rules": [{"http": {"paths": [path]}}]},
            }
        ]
        if self.set_auth:
            found.append(self._secret(f"{self.name}-auth-expose", {"auth": "ocr:$apr1$x$y"}))
        return found

    def _traefik(self, prefix: str) -> list[Obj]:
        rule = {
            "matches": [{"path": {"type": "PathPrefix", "value": prefix}}],
            "backendRefs": [{"name": f"{self.name}-svc", "port": 80}],
        }
        middleware = {"apiVersion": "traefik.io/v1alpha1", "kind": "Middleware"}
        found: list[Obj] = [
            {
                **middleware,
                "metadata": self._metadata(f"{self.name}-cors-mdw"),
                "spec": {"headers": {"accessControlMaxAge": 100}},
            }
        ]
        if self.set_auth:
            users = f"{self.name}-auth-traefik"
            found += [
                self._secret(users, {"users": "ocr:$apr1$x$y"}),
                {
                    **middleware,
                    "metadata": self._metadata(f"{self.name}-auth-mdw"),
                    "spec": {"basicAuth": {"secret": users}},
                },
            ]
        route = {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": self._metadata(f"{self.name}-route"),
            "spec": {"parentRefs": [{"name": "traefik-gateway"}], "rules": [rule]},
        }
        return [*found, route]

    def _podtemplate(self) -> Obj:
        return {
            "apiVersion": "v1",
            "kind": "PodTemplate",
            "metadata": self._metadata(self.name, labels={"oscar_service": self.name}),
            "template": {"spec": self._pod()},
        }

    def _secret(self, name: str, values: dict[str, str], **more: Any) -> Obj:
        data = {key: base64.b64encode(text.encode()).decode() for key, text in values.items()}
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": self._metadata(name),
            "type": "Opaque",
            "data": data,
            **more,
        }

    def _metadata(self, name: str, **more: Any) -> Obj:
        return {"name": name, "namespace": NS} | {key: item for key, item in more.items() if item}


SERVICES = {
    "4.0, ports as numbers": Made(version="4.0"),
    "4.1, ports as lists": Made(),
    "with authentication": Made(set_auth=True),
    "with authentication, 4.0": Made(version="4.0", set_auth=True),
    "stopped": Made(stopped=3),
    "with secrets of its environment": Made(secrets={"KEY": "s3cret"}),
    "with a port of the nodes": Made(node_port=30505),
    "with a port of the nodes, 4.0": Made(version="4.0", node_port=30505),
    "by Traefik": Made(route="httproute", set_auth=True),
    "without an autoscaler": Made(autoscaled=False),
}
"""Exposed services in all the forms in which a manager leaves them."""
