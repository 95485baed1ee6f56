"""The shape of the stored kinds, as far as the server's rules depend on it.

One description serves type checks, strategic merge patches and server-side apply. Marks follow
https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy (list type map, set
or atomic) and the patchMergeKey and patchStrategy tags of k8s.io/api. Fields not described are kept
as they come: objects as granular structs, lists as one value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.local.kinds import Kind


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf; `go` is its Go type, which messages name; `types` are the JSON types it takes."""

    go: str
    types: tuple[type, ...]


@dataclass(frozen=True, slots=True)
class Struct:
    """An object with known fields. atomic: owned and replaced as a whole.

    retain_keys: a strategic patch clears the fields that $retainKeys does not name.
    """

    fields: Mapping[str, Schema] = field(default_factory=dict)
    atomic: bool = False
    retain_keys: bool = False


@dataclass(frozen=True, slots=True)
class Map:
    """An object with free keys."""

    value: Schema
    atomic: bool = False


@dataclass(frozen=True, slots=True)
class List:
    """A list: of type map when it has `keys`, a set when `unique`, else one value (atomic).

    merge_key: what a strategic patch merges elements by; a `unique` list of scalars merges too.
    """

    item: Schema
    keys: tuple[str, ...] = ()
    merge_key: str = ""
    unique: bool = False


Schema = Scalar | Struct | Map | List

ANY: Final = Struct()
"""Any value at all."""

OBJECT: Final = Struct()
"""An object of any fields; told from ANY by identity."""

STRING: Final = Scalar("string", (str,))
INT: Final = Scalar("int32", (int,))
LONG: Final = Scalar("int64", (int,))
BOOL: Final = Scalar("bool", (bool,))
INT_OR_STRING: Final = Scalar("intstr.IntOrString", (int, str))
QUANTITY: Final = Scalar("resource.Quantity", (int, float, str))
STRINGS: Final = List(STRING)
LABELS: Final = Map(STRING)
QUANTITIES: Final = Map(QUANTITY)
ITEMS: Final = List(ANY)


def child(schema: Schema, name: str) -> Schema:
    """What is known of the field `name` of an object described by `schema`."""
    if isinstance(schema, Map):
        return schema.value
    return schema.fields.get(name, ANY) if isinstance(schema, Struct) else ANY


def of(kind: Kind) -> Schema:
    """The schema of the objects of `kind`."""
    return _KINDS.get(kind.bucket, _object())


def keyed(item: Schema, key: str, *keys: str) -> List:
    """A list of type map; strategic patches merge by the first key alone."""
    return List(item, keys=(key, *keys), merge_key=key)


def _strings(*names: str) -> dict[str, Schema]:
    return dict.fromkeys(names, STRING)


def _ints(*names: str) -> dict[str, Schema]:
    return dict.fromkeys(names, INT)


_OWNER: Final = Struct(
    {
        **_strings("apiVersion", "kind", "name", "uid"),
        "controller": BOOL,
        "blockOwnerDeletion": BOOL,
    },
    atomic=True,
)
_META: Final = Struct(
    {
        **_strings("name", "generateName", "namespace", "uid", "resourceVersion"),
        **_strings("creationTimestamp", "deletionTimestamp"),
        "generation": LONG,
        "deletionGracePeriodSeconds": LONG,
        "labels": LABELS,
        "annotations": LABELS,
        "finalizers": List(STRING, unique=True),
        "ownerReferences": keyed(_OWNER, "uid"),
        "managedFields": ITEMS,
    }
)
_CONDITIONS: Final = keyed(Struct(_strings("type", "status", "reason", "message")), "type")
_SELECTOR: Final = Struct(
    {
        "matchLabels": LABELS,
        "matchExpressions": List(Struct({"key": STRING, "operator": STRING, "values": STRINGS})),
    },
    atomic=True,
)
_REFERENCE: Final = Struct({"name": STRING}, atomic=True)
_OBJECT_REFERENCE: Final = Struct(
    _strings("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"),
    atomic=True,
)
_ENV: Final = Struct(
    {
        "name": STRING,
        "value": STRING,
        "valueFrom": Struct(
            {
                "fieldRef": Struct(_strings("apiVersion", "fieldPath"), atomic=True),
                "resourceFieldRef": Struct(_strings("containerName", "resource"), atomic=True),
                "configMapKeyRef": Struct({**_strings("name", "key"), "optional": BOOL}, True),
                "secretKeyRef": Struct({**_strings("name", "key"), "optional": BOOL}, True),
            }
        ),
    }
)
_PROBE: Final = Struct(
    {
        "httpGet": Struct(
            {
                **_strings("path", "host", "scheme"),
                "port": INT_OR_STRING,
                "httpHeaders": List(Struct(_strings("name", "value"))),
            }
        ),
        "tcpSocket": Struct({"port": INT_OR_STRING, "host": STRING}),
        "exec": Struct({"command": STRINGS}),
        **_ints("initialDelaySeconds", "timeoutSeconds", "periodSeconds"),
        **_ints("successThreshold", "failureThreshold"),
        "terminationGracePeriodSeconds": LONG,
    }
)
_CONTAINER: Final = Struct(
    {
        **_strings("name", "image", "workingDir", "imagePullPolicy"),
        **_strings("terminationMessagePath", "terminationMessagePolicy"),
        "command": STRINGS,
        "args": STRINGS,
        "ports": keyed(
            Struct(
                {**_strings("name", "protocol", "hostIP"), **_ints("containerPort", "hostPort")}
            ),
            "containerPort",
            "protocol",
        ),
        "env": keyed(_ENV, "name"),
        "envFrom": ITEMS,
        "resources": Struct({"requests": QUANTITIES, "limits": QUANTITIES}),
        "volumeMounts": keyed(
            Struct({**_strings("name", "mountPath", "subPath"), "readOnly": BOOL}), "mountPath"
        ),
        "livenessProbe": _PROBE,
        "readinessProbe": _PROBE,
        "startupProbe": _PROBE,
        "lifecycle": OBJECT,
        "securityContext": OBJECT,
    }
)
_SOURCE_ITEMS: Final = List(Struct({**_strings("key", "path"), "mode": INT}))
_VOLUME: Final = Struct(
    {
        "name": STRING,
        "configMap": Struct(
            {"name": STRING, "defaultMode": INT, "optional": BOOL, "items": _SOURCE_ITEMS}
        ),
        "secret": Struct(
            {"secretName": STRING, "defaultMode": INT, "optional": BOOL, "items": _SOURCE_ITEMS}
        ),
        "emptyDir": Struct({"medium": STRING, "sizeLimit": QUANTITY}),
        "hostPath": Struct(_strings("path", "type")),
    },
    retain_keys=True,
)
_POD_SPEC: Final = Struct(
    {
        **_strings("restartPolicy", "dnsPolicy", "nodeName", "schedulerName", "hostname"),
        **_strings("serviceAccountName", "serviceAccount", "priorityClassName"),
        "containers": keyed(_CONTAINER, "name"),
        "initContainers": keyed(_CONTAINER, "name"),
        "volumes": keyed(_VOLUME, "name"),
        "imagePullSecrets": keyed(Struct({"name": STRING}), "name"),
        "hostAliases": keyed(Struct({"ip": STRING, "hostnames": STRINGS}), "ip"),
        "nodeSelector": Map(STRING, atomic=True),
        "securityContext": OBJECT,
        "tolerations": ITEMS,
        "topologySpreadConstraints": keyed(
            Struct({"labelSelector": _SELECTOR}), "topologyKey", "whenUnsatisfiable"
        ),
        "terminationGracePeriodSeconds": LONG,
        "activeDeadlineSeconds": LONG,
        "priority": INT,
    }
)
_TEMPLATE: Final = Struct({"metadata": _META, "spec": _POD_SPEC})
_SERVICE_PORT: Final = Struct(
    {
        **_strings("name", "protocol", "appProtocol"),
        **_ints("port", "nodePort"),
        "targetPort": INT_OR_STRING,
    }
)
_ENDPOINT: Final = Struct(
    {
        "addresses": STRINGS,
        "conditions": Struct(dict.fromkeys(("ready", "serving", "terminating"), BOOL)),
        **_strings("hostname", "nodeName", "zone"),
        "targetRef": _OBJECT_REFERENCE,
    }
)
_RULES: Final = List(
    Struct(
        dict.fromkeys(("verbs", "apiGroups", "resources", "resourceNames"), STRINGS)
        | {"nonResourceURLs": STRINGS}
    )
)
_BINDING: Final[dict[str, Schema]] = {
    "subjects": List(Struct(_strings("kind", "apiGroup", "name", "namespace"))),
    "roleRef": Struct(_strings("kind", "apiGroup", "name"), atomic=True),
}


def _object(spec: Schema = OBJECT, status: Schema = OBJECT, **fields: Schema) -> Struct:
    top: dict[str, Schema] = {"apiVersion": STRING, "kind": STRING, "metadata": _META}
    return Struct({**top, "spec": spec, "status": status, **fields})


_WORKLOAD_STATUS: Final = Struct(
    {
        "conditions": _CONDITIONS,
        "observedGeneration": LONG,
        **_ints("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"),
        **_ints("unavailableReplicas", "terminatingReplicas", "fullyLabeledReplicas"),
    }
)
_EVENT: Final = _object(
    involvedObject=_OBJECT_REFERENCE,
    related=_OBJECT_REFERENCE,
    source=Struct(_strings("component", "host")),
    count=INT,
    **_strings("reason", "message", "type", "action", "reportingComponent", "reportingInstance"),
    **_strings("firstTimestamp", "lastTimestamp", "eventTime"),
)
_KINDS: Final[dict[str, Schema]] = {
    "namespaces": _object(status=Struct({"phase": STRING, "conditions": _CONDITIONS})),
    "configmaps": _object(data=Map(STRING), binaryData=Map(STRING), immutable=BOOL),
    "secrets": _object(data=Map(STRING), stringData=Map(STRING), type=STRING, immutable=BOOL),
    "serviceaccounts": _object(
        secrets=keyed(_OBJECT_REFERENCE, "name"),
        imagePullSecrets=List(_REFERENCE),
        automountServiceAccountToken=BOOL,
    ),
    "services": _object(
        Struct(
            {
                "ports": List(_SERVICE_PORT, keys=("port", "protocol"), merge_key="port"),
                "selector": Map(STRING, atomic=True),
                "clusterIPs": STRINGS,
                "externalIPs": STRINGS,
                "ipFamilies": STRINGS,
                **_strings("type", "clusterIP", "sessionAffinity", "ipFamilyPolicy"),
                **_strings("internalTrafficPolicy", "externalTrafficPolicy", "externalName"),
                "publishNotReadyAddresses": BOOL,
            }
        ),
        Struct({"conditions": _CONDITIONS, "loadBalancer": OBJECT}),
    ),
    "pods": _object(
        _POD_SPEC,
        Struct(
            {
                "conditions": _CONDITIONS,
                "podIPs": keyed(Struct({"ip": STRING}), "ip"),
                "hostIPs": ITEMS,
                "containerStatuses": ITEMS,
                "initContainerStatuses": ITEMS,
                **_strings("phase", "reason", "message", "hostIP", "podIP", "startTime"),
            }
        ),
    ),
    "nodes": _object(
        Struct({"taints": ITEMS, "unschedulable": BOOL, "podCIDR": STRING}),
        Struct(
            {
                "conditions": _CONDITIONS,
                "addresses": keyed(Struct(_strings("type", "address")), "type"),
                "capacity": QUANTITIES,
                "allocatable": QUANTITIES,
            }
        ),
    ),
    "events": _EVENT,
    "deployments.apps": _object(
        Struct(
            {
                **_ints("replicas", "minReadySeconds", "revisionHistoryLimit"),
                "progressDeadlineSeconds": INT,
                "paused": BOOL,
                "selector": _SELECTOR,
                "template": _TEMPLATE,
                "strategy": Struct(
                    {
                        "type": STRING,
                        "rollingUpdate": Struct(
                            {"maxSurge": INT_OR_STRING, "maxUnavailable": INT_OR_STRING}
                        ),
                    },
                    retain_keys=True,
                ),
            }
        ),
        _WORKLOAD_STATUS,
    ),
    "replicasets.apps": _object(
        Struct(
            {
                **_ints("replicas", "minReadySeconds"),
                "selector": _SELECTOR,
                "template": _TEMPLATE,
            }
        ),
        _WORKLOAD_STATUS,
    ),
    "endpointslices.discovery.k8s.io": _object(
        addressType=STRING,
        endpoints=List(_ENDPOINT),
        ports=List(Struct({**_strings("name", "protocol", "appProtocol"), "port": INT})),
    ),
    "leases.coordination.k8s.io": _object(
        Struct(
            {
                **_strings("holderIdentity", "acquireTime", "renewTime"),
                **_ints("leaseDurationSeconds", "leaseTransitions"),
            }
        )
    ),
    "horizontalpodautoscalers.autoscaling": _object(
        Struct(
            {
                **_ints("minReplicas", "maxReplicas"),
                "scaleTargetRef": Struct(_strings("kind", "name", "apiVersion")),
                "metrics": ITEMS,
            }
        )
    ),
    "roles.rbac.authorization.k8s.io": _object(rules=_RULES),
    "clusterroles.rbac.authorization.k8s.io": _object(rules=_RULES),
    "rolebindings.rbac.authorization.k8s.io": _object(**_BINDING),
    "clusterrolebindings.rbac.authorization.k8s.io": _object(**_BINDING),
    "poddisruptionbudgets.policy": _object(
        Struct(
            {
                "minAvailable": INT_OR_STRING,
                "maxUnavailable": INT_OR_STRING,
                "selector": _SELECTOR,
            }
        )
    ),
    "networkpolicies.networking.k8s.io": _object(
        Struct(
            {"podSelector": _SELECTOR, "policyTypes": STRINGS, "ingress": ITEMS, "egress": ITEMS}
        )
    ),
    "ingresses.networking.k8s.io": _object(
        Struct({"ingressClassName": STRING, "rules": ITEMS, "tls": ITEMS})
    ),
}
