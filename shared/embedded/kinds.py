"""The resource types that the embedded cluster serves, and where each is kept.

Terms follow https://kubernetes.io/docs/reference/using-api/api-concepts/: a *kind* is served under
one group and version; two kinds may show the same stored objects (`storage`), as Events do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Obj = dict[str, Any]
"""One Kubernetes object as decoded JSON. Objects of the store are shared: never change one."""

READ: Final = ("get", "list")
ALL_VERBS: Final = (
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
)
STATUS_VERBS: Final = ("get", "patch", "update")


@dataclass(frozen=True, slots=True)
class Subresource:
    """A path below an object. Empty `group`, `version`, `kind`: those of the parent."""

    name: str
    verbs: tuple[str, ...] = STATUS_VERBS
    group: str = ""
    version: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource type under one group and version.

    source: `store` for stored objects, `metrics` for what the metrics provider answers, `review`
    for requests that are answered and not kept.
    generation: whether metadata.generation counts the changes of the desired state.
    returns_deleted: whether a completed delete answers with the object instead of a Status.
    """

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: tuple[Subresource, ...] = ()
    storage: str = ""
    source: Literal["store", "metrics", "review"] = "store"
    generation: bool = False
    returns_deleted: bool = False

    @property
    def list_kind(self) -> str:
        return f"{self.kind}List"

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The resource with its group, as messages name it: `deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def bucket(self) -> str:
        """Where the store keeps the objects; shared by the kinds that show the same ones."""
        return self.storage or self.resource

    def subresource(self, name: str) -> Subresource | None:
        return next((each for each in self.subresources if each.name == name), None)


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
        Subresource("binding", ("create",), kind="Binding"),
        Subresource("eviction", ("create",), "policy", "v1", "Eviction"),
        Subresource("log", ("get",)),
        STATUS,
    ),
    generation=True,
    returns_deleted=True,
)
NODE: Final = Kind(
    "",
    "v1",
    "nodes",
    "node",
    "Node",
    namespaced=False,
    short_names=("no",),
    subresources=(Subresource("proxy", ("get",), kind="NodeProxyOptions"), STATUS),
)
EVENT: Final = Kind("", "v1", "events", "event", "Event", short_names=("ev",))
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
LEASE: Final = Kind("coordination.k8s.io", "v1", "leases", "lease", "Lease")
EVENT_V1: Final = Kind(
    "events.k8s.io", "v1", "events", "event", "Event", short_names=("ev",), storage="events"
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
)
ROLE: Final = Kind("rbac.authorization.k8s.io", "v1", "roles", "role", "Role")
ROLE_BINDING: Final = Kind(
    "rbac.authorization.k8s.io", "v1", "rolebindings", "rolebinding", "RoleBinding"
)
CLUSTER_ROLE: Final = Kind(
    "rbac.authorization.k8s.io",
    "v1",
    "clusterroles",
    "clusterrole",
    "ClusterRole",
    namespaced=False,
)
CLUSTER_ROLE_BINDING: Final = Kind(
    "rbac.authorization.k8s.io",
    "v1",
    "clusterrolebindings",
    "clusterrolebinding",
    "ClusterRoleBinding",
    namespaced=False,
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
SELF_SUBJECT_REVIEW: Final = Kind(
    "authentication.k8s.io",
    "v1",
    "selfsubjectreviews",
    "selfsubjectreview",
    "SelfSubjectReview",
    namespaced=False,
    verbs=("create",),
    source="review",
)
SELF_SUBJECT_ACCESS_REVIEW: Final = Kind(
    "authorization.k8s.io",
    "v1",
    "selfsubjectaccessreviews",
    "selfsubjectaccessreview",
    "SelfSubjectAccessReview",
    namespaced=False,
    verbs=("create",),
    source="review",
)

KINDS: Final[tuple[Kind, ...]] = (
    CONFIG_MAP,
    EVENT,
    NAMESPACE,
    NODE,
    POD,
    SECRET,
    SERVICE_ACCOUNT,
    SERVICE,
    DEPLOYMENT,
    REPLICA_SET,
    EVENT_V1,
    SELF_SUBJECT_REVIEW,
    SELF_SUBJECT_ACCESS_REVIEW,
    HPA,
    HPA_V1,
    POD_DISRUPTION_BUDGET,
    NETWORK_POLICY,
    INGRESS,
    CLUSTER_ROLE_BINDING,
    CLUSTER_ROLE,
    ROLE_BINDING,
    ROLE,
    LEASE,
    ENDPOINT_SLICE,
    POD_METRICS,
    NODE_METRICS,
)

_BY_RESOURCE: Final = {(kind.group, kind.version, kind.plural): kind for kind in KINDS}
_BY_TYPE: Final = {(kind.api_version, kind.kind): kind for kind in KINDS}
HUBS: Final = {kind.bucket: kind for kind in reversed(KINDS) if not kind.storage}
"""For each bucket of the store, the kind in whose form its objects are kept."""


def find(group: str, version: str, plural: str) -> Kind | None:
    """The kind served under /apis/<group>/<version>/…/<plural>, or None."""
    return _BY_RESOURCE.get((group, version, plural))


def of_type(api_version: str, kind: str) -> Kind | None:
    """The kind that an object's `apiVersion` and `kind` name, or None."""
    return _BY_TYPE.get((api_version, kind))


def versions(group: str) -> list[str]:
    """The served versions of `group`, preferred first; empty when the group is unknown."""
    return list(dict.fromkeys(kind.version for kind in KINDS if kind.group == group))
