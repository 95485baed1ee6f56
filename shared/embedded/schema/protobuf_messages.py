"""The fields of Kubernetes' protobuf messages that kubectl's own generators fill in. Pure.

A line with one word begins a message; the others are `number name type`. Types are `string`,
`bytes`, `int`, `bool` or a message; `[]` marks a list, `{}` a map from strings, and `?` a pointer,
whose zero says something. Below the table are the messages that a body may be: `declarations` and
the HTTP face name them. Source: the files generated.proto of k8s.io/api and k8s.io/apimachinery.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Shape = Literal["one", "list", "map"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message; `type` is a scalar's name or that of a message."""

    name: str
    type: str
    shape: Shape = "one"
    pointer: bool = False


_TABLE: Final = """
ObjectMeta
  1 name string
  2 generateName string
  3 namespace string
  5 uid string
  6 resourceVersion string
  11 labels {}string
  12 annotations {}string
  13 ownerReferences []OwnerReference
  14 finalizers []string
OwnerReference
  5 apiVersion string
  1 kind string
  3 name string
  4 uid string
  6 controller ?bool
  7 blockOwnerDeletion ?bool
LabelSelector
  1 matchLabels {}string
  2 matchExpressions []LabelSelectorRequirement
LabelSelectorRequirement
  1 key string
  2 operator string
  3 values []string
IntOrString
  1 type int
  2 intVal int
  3 strVal string
Quantity
  1 string string

Namespace
  1 metadata ObjectMeta
ConfigMap
  1 metadata ObjectMeta
  2 data {}string
  3 binaryData {}bytes
  4 immutable ?bool
Secret
  1 metadata ObjectMeta
  2 data {}bytes
  3 type string
  4 stringData {}string
  5 immutable ?bool
ServiceAccount
  1 metadata ObjectMeta
Service
  1 metadata ObjectMeta
  2 spec ServiceSpec
ServiceSpec
  1 ports []ServicePort
  2 selector {}string
  3 clusterIP string
  4 type string
  5 externalIPs []string
  7 sessionAffinity string
  10 externalName string
ServicePort
  1 name string
  2 protocol string
  3 port int
  4 targetPort IntOrString
  5 nodePort int

Deployment
  1 metadata ObjectMeta
  2 spec DeploymentSpec
DeploymentSpec
  1 replicas ?int
  2 selector LabelSelector
  3 template PodTemplateSpec
  4 strategy DeploymentStrategy
  5 minReadySeconds int
  6 revisionHistoryLimit ?int
  7 paused bool
  9 progressDeadlineSeconds ?int
DeploymentStrategy
  1 type string
PodTemplateSpec
  1 metadata ObjectMeta
  2 spec PodSpec
PodSpec
  2 containers []Container
  3 restartPolicy string
  4 terminationGracePeriodSeconds ?int
  7 nodeSelector {}string
  8 serviceAccountName string
Container
  1 name string
  2 image string
  3 command []string
  4 args []string
  5 workingDir string
  6 ports []ContainerPort
  7 env []EnvVar
  8 resources ResourceRequirements
  14 imagePullPolicy string
ContainerPort
  1 name string
  3 containerPort int
  4 protocol string
EnvVar
  1 name string
  2 value string
ResourceRequirements
  1 limits {}Quantity
  2 requests {}Quantity

Role
  1 metadata ObjectMeta
  2 rules []PolicyRule
ClusterRole
  1 metadata ObjectMeta
  2 rules []PolicyRule
PolicyRule
  1 verbs []string
  2 apiGroups []string
  3 resources []string
  4 resourceNames []string
  5 nonResourceURLs []string
RoleBinding
  1 metadata ObjectMeta
  2 subjects []Subject
  3 roleRef RoleRef
ClusterRoleBinding
  1 metadata ObjectMeta
  2 subjects []Subject
  3 roleRef RoleRef
Subject
  1 kind string
  2 apiGroup string
  3 name string
  4 namespace string
RoleRef
  1 apiGroup string
  2 kind string
  3 name string

PodDisruptionBudget
  1 metadata ObjectMeta
  2 spec PodDisruptionBudgetSpec
PodDisruptionBudgetSpec
  1 minAvailable IntOrString
  2 selector LabelSelector
  3 maxUnavailable IntOrString
Eviction
  1 metadata ObjectMeta
  2 deleteOptions DeleteOptions
DeleteOptions
  1 gracePeriodSeconds ?int
  4 propagationPolicy string
  5 dryRun []string

TokenRequest
  1 metadata ObjectMeta
  2 spec TokenRequestSpec
TokenRequestSpec
  1 audiences []string
  4 expirationSeconds ?int
SelfSubjectReview
  1 metadata ObjectMeta
SelfSubjectAccessReview
  1 metadata ObjectMeta
  2 spec SelfSubjectAccessReviewSpec
SelfSubjectAccessReviewSpec
  1 resourceAttributes ResourceAttributes
  2 nonResourceAttributes NonResourceAttributes
ResourceAttributes
  1 namespace string
  2 verb string
  3 group string
  4 version string
  5 resource string
  6 subresource string
  7 name string
NonResourceAttributes
  1 path string
  2 verb string
"""


def _parse(table: str) -> dict[str, dict[int, Field]]:
    messages: dict[str, dict[int, Field]] = {}
    for words in map(str.split, filter(None, table.splitlines())):
        if len(words) == 1:
            fields = messages.setdefault(words[0], {})
        else:
            number, name, kind = words
            fields[int(number)] = _field(name, kind)
    return messages


def _field(name: str, kind: str) -> Field:
    shapes: dict[str, Shape] = {"[]": "list", "{}": "map"}
    if shape := shapes.get(kind[:2]):
        return Field(name, kind[2:], shape)
    return Field(name, kind.removeprefix("?"), pointer=kind.startswith("?"))


MESSAGES: Final = _parse(_TABLE)
"""Message → field number → field."""


def _known(name: str) -> str:
    if name not in MESSAGES:
        raise LookupError(f"there is no protobuf message {name}; the table above names all")
    return name


JSON_ONLY: Final = ""
"""Of what is not read as protobuf: kubectl sends JSON of it."""

NAMESPACE: Final = _known("Namespace")
CONFIG_MAP: Final = _known("ConfigMap")
SECRET: Final = _known("Secret")
SERVICE_ACCOUNT: Final = _known("ServiceAccount")
SERVICE: Final = _known("Service")
DEPLOYMENT: Final = _known("Deployment")
ROLE: Final = _known("Role")
CLUSTER_ROLE: Final = _known("ClusterRole")
ROLE_BINDING: Final = _known("RoleBinding")
CLUSTER_ROLE_BINDING: Final = _known("ClusterRoleBinding")
POD_DISRUPTION_BUDGET: Final = _known("PodDisruptionBudget")
EVICTION: Final = _known("Eviction")
DELETE_OPTIONS: Final = _known("DeleteOptions")
TOKEN_REQUEST: Final = _known("TokenRequest")
SELF_SUBJECT_REVIEW: Final = _known("SelfSubjectReview")
SELF_SUBJECT_ACCESS_REVIEW: Final = _known("SelfSubjectAccessReview")
