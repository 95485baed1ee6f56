"""The schema of each stored kind. Pure.

Those of Kubernetes' own kinds come from `kubernetes`; here stand those that it does not describe.
Taken by `declarations`, which alone says whose schema each of these is.
"""

from __future__ import annotations

from typing import Final

from shared.embedded.schema import kubernetes
from shared.embedded.schema.shapes import OBJECT, STRING, Struct

CONFIG_MAP: Final = kubernetes.schema("", "v1", "ConfigMap")
ENDPOINTS: Final = kubernetes.schema("", "v1", "Endpoints")
EVENT: Final = kubernetes.schema("", "v1", "Event")
NAMESPACE: Final = kubernetes.schema("", "v1", "Namespace")
NODE: Final = kubernetes.schema("", "v1", "Node")
LIMIT_RANGE: Final = kubernetes.schema("", "v1", "LimitRange")
PERSISTENT_VOLUME: Final = kubernetes.schema("", "v1", "PersistentVolume")
CLAIM: Final = kubernetes.schema("", "v1", "PersistentVolumeClaim")
POD: Final = kubernetes.schema("", "v1", "Pod")
POD_TEMPLATE: Final = kubernetes.schema("", "v1", "PodTemplate")
RESOURCE_QUOTA: Final = kubernetes.schema("", "v1", "ResourceQuota")
SECRET: Final = kubernetes.schema("", "v1", "Secret")
SERVICE: Final = kubernetes.schema("", "v1", "Service")
SERVICE_ACCOUNT: Final = kubernetes.schema("", "v1", "ServiceAccount")
DEPLOYMENT: Final = kubernetes.schema("apps", "v1", "Deployment")
REPLICA_SET: Final = kubernetes.schema("apps", "v1", "ReplicaSet")
AUTOSCALER: Final = kubernetes.schema("autoscaling", "v2", "HorizontalPodAutoscaler")
AUTOSCALER_V1: Final = kubernetes.schema("autoscaling", "v1", "HorizontalPodAutoscaler")
LEASE: Final = kubernetes.schema("coordination.k8s.io", "v1", "Lease")
EVENT_V1: Final = kubernetes.schema("events.k8s.io", "v1", "Event")
INGRESS: Final = kubernetes.schema("networking.k8s.io", "v1", "Ingress")
INGRESS_CLASS: Final = kubernetes.schema("networking.k8s.io", "v1", "IngressClass")
NETWORK_POLICY: Final = kubernetes.schema("networking.k8s.io", "v1", "NetworkPolicy")
DISRUPTION_BUDGET: Final = kubernetes.schema("policy", "v1", "PodDisruptionBudget")
_RBAC: Final = "rbac.authorization.k8s.io"
ROLE: Final = kubernetes.schema(_RBAC, "v1", "Role")
CLUSTER_ROLE: Final = kubernetes.schema(_RBAC, "v1", "ClusterRole")
ROLE_BINDING: Final = kubernetes.schema(_RBAC, "v1", "RoleBinding")
CLUSTER_ROLE_BINDING: Final = kubernetes.schema(_RBAC, "v1", "ClusterRoleBinding")
PRIORITY_CLASS: Final = kubernetes.schema("scheduling.k8s.io", "v1", "PriorityClass")
STORAGE_CLASS: Final = kubernetes.schema("storage.k8s.io", "v1", "StorageClass")

ENDPOINT_SLICE: Final = kubernetes.schema("discovery.k8s.io", "v1", "EndpointSlice")

GENERIC: Final = Struct(
    {
        "apiVersion": STRING,
        "kind": STRING,
        "metadata": POD.fields["metadata"],
        "spec": OBJECT,
        "status": OBJECT,
    },
    open=True,
)
"""Of kinds of which nothing is known but that they are objects."""
