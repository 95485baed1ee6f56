"""The resource types of the embedded cluster, each by its constant. Pure.

Every room names a kind by its constant here. What its objects look like this file does not know:
`declarations` brings each kind together with its schema, columns and rules.
"""

from __future__ import annotations

from typing import Final

from shared.embedded.kind import ALL_VERBS, READ, STATUS_VERBS, STREAM_VERBS
from shared.embedded.kind import Kind as Kind
from shared.embedded.kind import Subresource as Subresource

DEFAULT_CLASS: Final = "storageclass.kubernetes.io/is-default-class"
"""Annotation of the StorageClass of claims that name none."""
FOLDERS: Final = "folder.exposed-services"
"""The provisioner of the embedded cluster's StorageClass: a volume is a folder of the node."""

STATUS: Final = Subresource("status")
SCALE: Final = Subresource("scale", STATUS_VERBS, "autoscaling", "v1", "Scale")

NAMESPACE: Final = Kind(
    "",
    "v1",
    "namespaces",
    "namespace",
    "Namespace",
    namespaced=False,
    short_names=("ns",),
    verbs=tuple(verb for verb in ALL_VERBS if verb != "deletecollection"),
    subresources=(STATUS, Subresource("finalize", ("update",))),
    admitted=("spec.finalizers",),
)
CONFIG_MAP: Final = Kind("", "v1", "configmaps", "configmap", "ConfigMap", short_names=("cm",))
SECRET: Final = Kind("", "v1", "secrets", "secret", "Secret")
SERVICE: Final = Kind(
    "",
    "v1",
    "services",
    "service",
    "Service",
    short_names=("svc",),
    categories=("all",),
    subresources=(STATUS,),
    returns_deleted=True,
    created_by_update=True,
    admitted=(
        *("spec.clusterIP", "spec.clusterIPs", "spec.ipFamilies", "spec.ipFamilyPolicy"),
        "spec.healthCheckNodePort",
    ),
)
POD: Final = Kind(
    "",
    "v1",
    "pods",
    "pod",
    "Pod",
    short_names=("po",),
    categories=("all",),
    subresources=(
        Subresource("attach", STREAM_VERBS, kind="PodAttachOptions"),
        Subresource("binding", ("create",), kind="Binding"),
        Subresource("eviction", ("create",), "policy", "v1", "Eviction"),
        Subresource("exec", STREAM_VERBS, kind="PodExecOptions"),
        Subresource("log", ("get",)),
        Subresource("portforward", STREAM_VERBS, kind="PodPortForwardOptions"),
        STATUS,
    ),
    generation=True,
    returns_deleted=True,
    kept_from_status="ownerReferences",
    admitted=(
        *("spec.priority", "spec.preemptionPolicy", "spec.tolerations", "spec.volumes"),
        *("spec.serviceAccountName", "spec.serviceAccount"),
    ),
)
ENDPOINTS: Final = Kind(
    "",
    "v1",
    "endpoints",
    "endpoints",
    "Endpoints",
    short_names=("ep",),
    deprecated="v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
)
POD_TEMPLATE: Final = Kind("", "v1", "podtemplates", "podtemplate", "PodTemplate", generation=True)
NODE: Final = Kind(
    "",
    "v1",
    "nodes",
    "node",
    "Node",
    namespaced=False,
    short_names=("no",),
    subresources=(Subresource("proxy", ("get",), kind="NodeProxyOptions"), STATUS),
    starts_with_status=True,
)
EVENT: Final = Kind(
    "", "v1", "events", "event", "Event", short_names=("ev",), created_by_update=True
)
SERVICE_ACCOUNT: Final = Kind(
    "",
    "v1",
    "serviceaccounts",
    "serviceaccount",
    "ServiceAccount",
    short_names=("sa",),
    subresources=(
        Subresource("token", ("create",), "authentication.k8s.io", "v1", "TokenRequest"),
    ),
    needs_version=True,
    returns_deleted=True,
)
PERSISTENT_VOLUME_CLAIM: Final = Kind(
    "",
    "v1",
    "persistentvolumeclaims",
    "persistentvolumeclaim",
    "PersistentVolumeClaim",
    short_names=("pvc",),
    subresources=(STATUS,),
    returns_deleted=True,
    protected_by="kubernetes.io/pvc-protection",
    admitted=("metadata.finalizers", "spec.storageClassName"),
)
PERSISTENT_VOLUME: Final = Kind(
    "",
    "v1",
    "persistentvolumes",
    "persistentvolume",
    "PersistentVolume",
    namespaced=False,
    short_names=("pv",),
    subresources=(STATUS,),
    returns_deleted=True,
    protected_by="kubernetes.io/pv-protection",
    admitted=("metadata.finalizers",),
)
RESOURCE_QUOTA: Final = Kind(
    "",
    "v1",
    "resourcequotas",
    "resourcequota",
    "ResourceQuota",
    short_names=("quota",),
    subresources=(STATUS,),
    returns_deleted=True,
)
LIMIT_RANGE: Final = Kind(
    "", "v1", "limitranges", "limitrange", "LimitRange", short_names=("limits",)
)
PRIORITY_CLASS: Final = Kind(
    "scheduling.k8s.io",
    "v1",
    "priorityclasses",
    "priorityclass",
    "PriorityClass",
    namespaced=False,
    short_names=("pc",),
    generation=True,
)
STORAGE_CLASS: Final = Kind(
    "storage.k8s.io",
    "v1",
    "storageclasses",
    "storageclass",
    "StorageClass",
    namespaced=False,
    short_names=("sc",),
    returns_deleted=True,
)
DEPLOYMENT: Final = Kind(
    "apps",
    "v1",
    "deployments",
    "deployment",
    "Deployment",
    short_names=("deploy",),
    categories=("all",),
    subresources=(SCALE, STATUS),
    generation=True,
    counts_annotations=True,
    kept_from_status="labels",
)
REPLICA_SET: Final = Kind(
    "apps",
    "v1",
    "replicasets",
    "replicaset",
    "ReplicaSet",
    short_names=("rs",),
    categories=("all",),
    subresources=(SCALE, STATUS),
    generation=True,
)
ENDPOINT_SLICE: Final = Kind(
    "discovery.k8s.io", "v1", "endpointslices", "endpointslice", "EndpointSlice", generation=True
)
LEASE: Final = Kind(
    "coordination.k8s.io",
    "v1",
    "leases",
    "lease",
    "Lease",
    needs_version=True,
    created_by_update=True,
)
EVENT_V1: Final = Kind(
    "events.k8s.io",
    "v1",
    "events",
    "event",
    "Event",
    short_names=("ev",),
    stored_as=EVENT,
    created_by_update=True,
)
HPA: Final = Kind(
    "autoscaling",
    "v2",
    "horizontalpodautoscalers",
    "horizontalpodautoscaler",
    "HorizontalPodAutoscaler",
    short_names=("hpa",),
    categories=("all",),
    subresources=(STATUS,),
)
HPA_V1: Final = Kind(
    "autoscaling",
    "v1",
    "horizontalpodautoscalers",
    "horizontalpodautoscaler",
    "HorizontalPodAutoscaler",
    short_names=("hpa",),
    categories=("all",),
    subresources=(STATUS,),
    stored_as=HPA,
)
ROLE: Final = Kind(
    "rbac.authorization.k8s.io", "v1", "roles", "role", "Role", created_by_update=True
)
ROLE_BINDING: Final = Kind(
    "rbac.authorization.k8s.io",
    "v1",
    "rolebindings",
    "rolebinding",
    "RoleBinding",
    created_by_update=True,
)
CLUSTER_ROLE: Final = Kind(
    "rbac.authorization.k8s.io",
    "v1",
    "clusterroles",
    "clusterrole",
    "ClusterRole",
    namespaced=False,
    created_by_update=True,
)
CLUSTER_ROLE_BINDING: Final = Kind(
    "rbac.authorization.k8s.io",
    "v1",
    "clusterrolebindings",
    "clusterrolebinding",
    "ClusterRoleBinding",
    namespaced=False,
    created_by_update=True,
)
POD_DISRUPTION_BUDGET: Final = Kind(
    "policy",
    "v1",
    "poddisruptionbudgets",
    "poddisruptionbudget",
    "PodDisruptionBudget",
    short_names=("pdb",),
    subresources=(STATUS,),
    generation=True,
    needs_version=True,
)
NETWORK_POLICY: Final = Kind(
    "networking.k8s.io",
    "v1",
    "networkpolicies",
    "networkpolicy",
    "NetworkPolicy",
    short_names=("netpol",),
    generation=True,
)
INGRESS: Final = Kind(
    "networking.k8s.io",
    "v1",
    "ingresses",
    "ingress",
    "Ingress",
    short_names=("ing",),
    subresources=(STATUS,),
    generation=True,
)
INGRESS_CLASS: Final = Kind(
    "networking.k8s.io",
    "v1",
    "ingressclasses",
    "ingressclass",
    "IngressClass",
    namespaced=False,
    generation=True,
)
HTTP_ROUTE: Final = Kind(
    "gateway.networking.k8s.io",
    "v1",
    "httproutes",
    "httproute",
    "HTTPRoute",
    subresources=(STATUS,),
    generation=True,
    needs_version=True,
)
MIDDLEWARE: Final = Kind(
    "traefik.io",
    "v1alpha1",
    "middlewares",
    "middleware",
    "Middleware",
    generation=True,
    needs_version=True,
)
POD_METRICS: Final = Kind(
    "metrics.k8s.io", "v1beta1", "pods", "", "PodMetrics", verbs=READ, source="metrics"
)
NODE_METRICS: Final = Kind(
    "metrics.k8s.io",
    "v1beta1",
    "nodes",
    "",
    "NodeMetrics",
    namespaced=False,
    verbs=READ,
    source="metrics",
)


def _review(group: str, kind: str, *, namespaced: bool = False) -> Kind:
    """A question that is answered and not kept."""
    single = kind.lower()
    return Kind(
        group, "v1", f"{single}s", single, kind,
        namespaced=namespaced, verbs=("create",), source="review",
    )  # fmt: skip


SELF_SUBJECT_REVIEW: Final = _review("authentication.k8s.io", "SelfSubjectReview")
TOKEN_REVIEW: Final = _review("authentication.k8s.io", "TokenReview")
SELF_SUBJECT_ACCESS_REVIEW: Final = _review("authorization.k8s.io", "SelfSubjectAccessReview")
SELF_SUBJECT_RULES_REVIEW: Final = _review("authorization.k8s.io", "SelfSubjectRulesReview")
SUBJECT_ACCESS_REVIEW: Final = _review("authorization.k8s.io", "SubjectAccessReview")
LOCAL_SUBJECT_ACCESS_REVIEW: Final = _review(
    "authorization.k8s.io", "LocalSubjectAccessReview", namespaced=True
)
