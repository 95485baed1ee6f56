"""The schema of each stored kind; `shapes` explains the marks. Pure.

Taken by `declarations`, which alone says whose schema each of these is.
"""

from __future__ import annotations

from typing import Final

from shared.embedded.schema.shapes import (
    BOOL,
    INT,
    INT_OR_STRING,
    ITEMS,
    LABELS,
    LONG,
    OBJECT,
    QUANTITIES,
    QUANTITY,
    STRING,
    STRINGS,
    List,
    Map,
    Schema,
    Struct,
    ints,
    keyed,
    strings,
)

_OWNER: Final = Struct(
    {
        **strings("apiVersion", "kind", "name", "uid"),
        "controller": BOOL,
        "blockOwnerDeletion": BOOL,
    },
    atomic=True,
)
_META: Final = Struct(
    {
        **strings("name", "generateName", "namespace", "uid", "resourceVersion"),
        **strings("creationTimestamp", "deletionTimestamp"),
        "generation": LONG,
        "deletionGracePeriodSeconds": LONG,
        "labels": LABELS,
        "annotations": LABELS,
        "finalizers": List(STRING, unique=True),
        "ownerReferences": keyed(_OWNER, "uid"),
        "managedFields": ITEMS,
    }
)
_CONDITIONS: Final = keyed(Struct(strings("type", "status", "reason", "message")), "type")
_SELECTOR: Final = Struct(
    {
        "matchLabels": LABELS,
        "matchExpressions": List(Struct({"key": STRING, "operator": STRING, "values": STRINGS})),
    },
    atomic=True,
)
_REFERENCE: Final = Struct({"name": STRING}, atomic=True)
_OBJECT_REFERENCE: Final = Struct(
    strings("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"),
    atomic=True,
)
_ENV: Final = Struct(
    {
        "name": STRING,
        "value": STRING,
        "valueFrom": Struct(
            {
                "fieldRef": Struct(strings("apiVersion", "fieldPath"), atomic=True),
                "resourceFieldRef": Struct(strings("containerName", "resource"), atomic=True),
                "configMapKeyRef": Struct({**strings("name", "key"), "optional": BOOL}, True),
                "secretKeyRef": Struct({**strings("name", "key"), "optional": BOOL}, True),
            }
        ),
    }
)
_PROBE: Final = Struct(
    {
        "httpGet": Struct(
            {
                **strings("path", "host", "scheme"),
                "port": INT_OR_STRING,
                "httpHeaders": List(Struct(strings("name", "value"))),
            }
        ),
        "tcpSocket": Struct({"port": INT_OR_STRING, "host": STRING}),
        "exec": Struct({"command": STRINGS}),
        **ints("initialDelaySeconds", "timeoutSeconds", "periodSeconds"),
        **ints("successThreshold", "failureThreshold"),
        "terminationGracePeriodSeconds": LONG,
    }
)
_IDENTITY: Final[dict[str, Schema]] = {
    "runAsUser": LONG,
    "runAsGroup": LONG,
    "runAsNonRoot": BOOL,
    "seccompProfile": Struct(strings("type", "localhostProfile")),
}
_CONTAINER_SECURITY: Final = Struct(
    {
        **_IDENTITY,
        "privileged": BOOL,
        "allowPrivilegeEscalation": BOOL,
        "readOnlyRootFilesystem": BOOL,
        "procMount": STRING,
        "capabilities": Struct({"add": STRINGS, "drop": STRINGS}),
    }
)
_POD_SECURITY: Final = Struct(
    {
        **_IDENTITY,
        "fsGroup": LONG,
        "fsGroupChangePolicy": STRING,
        "supplementalGroups": List(LONG),
        "sysctls": ITEMS,
    }
)
_CONTAINER: Final = Struct(
    {
        **strings("name", "image", "workingDir", "imagePullPolicy"),
        **strings("terminationMessagePath", "terminationMessagePolicy"),
        "command": STRINGS,
        "args": STRINGS,
        "ports": keyed(
            Struct({**strings("name", "protocol", "hostIP"), **ints("containerPort", "hostPort")}),
            "containerPort",
            "protocol",
        ),
        "env": keyed(_ENV, "name"),
        "envFrom": ITEMS,
        "resources": Struct({"requests": QUANTITIES, "limits": QUANTITIES}),
        "volumeMounts": keyed(
            Struct({**strings("name", "mountPath", "subPath"), "readOnly": BOOL}), "mountPath"
        ),
        "livenessProbe": _PROBE,
        "readinessProbe": _PROBE,
        "startupProbe": _PROBE,
        "lifecycle": OBJECT,
        "securityContext": _CONTAINER_SECURITY,
    }
)
_SOURCE_ITEMS: Final = List(Struct({**strings("key", "path"), "mode": INT}))
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
        "hostPath": Struct(strings("path", "type")),
        "persistentVolumeClaim": Struct({"claimName": STRING, "readOnly": BOOL}),
    },
)
_POD_SPEC: Final = Struct(
    {
        **strings("restartPolicy", "dnsPolicy", "nodeName", "schedulerName", "hostname"),
        **strings("serviceAccountName", "serviceAccount", "priorityClassName"),
        "containers": keyed(_CONTAINER, "name"),
        "initContainers": keyed(_CONTAINER, "name"),
        "volumes": keyed(_VOLUME, "name"),
        "imagePullSecrets": keyed(Struct({"name": STRING}), "name"),
        "hostAliases": keyed(Struct({"ip": STRING, "hostnames": STRINGS}), "ip"),
        "nodeSelector": Map(STRING, atomic=True),
        "securityContext": _POD_SECURITY,
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
        **strings("name", "protocol", "appProtocol"),
        **ints("port", "nodePort"),
        "targetPort": INT_OR_STRING,
    }
)
_ENDPOINT: Final = Struct(
    {
        "addresses": STRINGS,
        "conditions": Struct(dict.fromkeys(("ready", "serving", "terminating"), BOOL)),
        **strings("hostname", "nodeName", "zone"),
        "targetRef": _OBJECT_REFERENCE,
    }
)
_RULES: Final = List(
    Struct(
        dict.fromkeys(("verbs", "apiGroups", "resources", "resourceNames"), STRINGS)
        | {"nonResourceURLs": STRINGS}
    )
)
_BOUND: Final[dict[str, Schema]] = {
    "subjects": List(Struct(strings("kind", "apiGroup", "name", "namespace"))),
    "roleRef": Struct(strings("kind", "apiGroup", "name"), atomic=True),
}


def _object(spec: Schema = OBJECT, status: Schema = OBJECT, **fields: Schema) -> Struct:
    top: dict[str, Schema] = {"apiVersion": STRING, "kind": STRING, "metadata": _META}
    return Struct({**top, "spec": spec, "status": status, **fields})


_WORKLOAD_STATUS: Final = Struct(
    {
        "conditions": _CONDITIONS,
        "observedGeneration": LONG,
        **ints("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"),
        **ints("unavailableReplicas", "terminatingReplicas", "fullyLabeledReplicas"),
    }
)
GENERIC: Final = _object()
"""Of kinds of which nothing is known but that they are objects."""
POD_TEMPLATE: Final = _object(template=OBJECT)
NAMESPACE: Final = _object(status=Struct({"phase": STRING, "conditions": _CONDITIONS}))
CONFIG_MAP: Final = _object(data=Map(STRING), binaryData=Map(STRING), immutable=BOOL)
SECRET: Final = _object(data=Map(STRING), stringData=Map(STRING), type=STRING, immutable=BOOL)
SERVICE_ACCOUNT: Final = _object(
    secrets=keyed(_OBJECT_REFERENCE, "name"),
    imagePullSecrets=List(_REFERENCE),
    automountServiceAccountToken=BOOL,
)
SERVICE: Final = _object(
    Struct(
        {
            "ports": List(_SERVICE_PORT, keys=("port", "protocol"), merge_key="port"),
            "selector": Map(STRING, atomic=True),
            "clusterIPs": STRINGS,
            "externalIPs": STRINGS,
            "ipFamilies": STRINGS,
            **strings("type", "clusterIP", "sessionAffinity", "ipFamilyPolicy"),
            **strings("internalTrafficPolicy", "externalTrafficPolicy", "externalName"),
            "publishNotReadyAddresses": BOOL,
        }
    ),
    Struct({"conditions": _CONDITIONS, "loadBalancer": OBJECT}),
)
POD: Final = _object(
    _POD_SPEC,
    Struct(
        {
            "conditions": _CONDITIONS,
            "podIPs": keyed(Struct({"ip": STRING}), "ip"),
            "hostIPs": ITEMS,
            "containerStatuses": ITEMS,
            "initContainerStatuses": ITEMS,
            **strings("phase", "reason", "message", "hostIP", "podIP", "startTime"),
        }
    ),
)
NODE: Final = _object(
    Struct({"taints": ITEMS, "unschedulable": BOOL, "podCIDR": STRING}),
    Struct(
        {
            "conditions": _CONDITIONS,
            "addresses": keyed(Struct(strings("type", "address")), "type"),
            "capacity": QUANTITIES,
            "allocatable": QUANTITIES,
        }
    ),
)
CLAIM: Final = _object(
    Struct(
        {
            "accessModes": STRINGS,
            "selector": _SELECTOR,
            "resources": Struct({"requests": QUANTITIES, "limits": QUANTITIES}),
            **strings("volumeName", "storageClassName", "volumeMode"),
            "dataSource": OBJECT,
            "dataSourceRef": OBJECT,
        }
    ),
    Struct(
        {
            "phase": STRING,
            "accessModes": STRINGS,
            "capacity": QUANTITIES,
            "conditions": _CONDITIONS,
        }
    ),
)
PERSISTENT_VOLUME: Final = _object(
    Struct(
        {
            "capacity": QUANTITIES,
            "accessModes": STRINGS,
            "claimRef": _OBJECT_REFERENCE,
            **strings("persistentVolumeReclaimPolicy", "storageClassName", "volumeMode"),
            "mountOptions": STRINGS,
            "csi": Struct(
                {
                    **strings("driver", "volumeHandle", "fsType"),
                    "readOnly": BOOL,
                    "volumeAttributes": Map(STRING),
                }
            ),
            "hostPath": Struct(strings("path", "type")),
        }
    ),
    Struct(strings("phase", "message", "reason", "lastPhaseTransitionTime")),
)
STORAGE_CLASS: Final = Struct(
    {
        **strings("apiVersion", "kind", "provisioner", "reclaimPolicy", "volumeBindingMode"),
        "metadata": _META,
        "parameters": Map(STRING),
        "mountOptions": STRINGS,
        "allowVolumeExpansion": BOOL,
        "allowedTopologies": ITEMS,
    }
)
EVENT: Final = _object(
    involvedObject=_OBJECT_REFERENCE,
    related=_OBJECT_REFERENCE,
    source=Struct(strings("component", "host")),
    count=INT,
    **strings("reason", "message", "type", "action", "reportingComponent", "reportingInstance"),
    **strings("firstTimestamp", "lastTimestamp", "eventTime"),
)
DEPLOYMENT: Final = _object(
    Struct(
        {
            **ints("replicas", "minReadySeconds", "revisionHistoryLimit"),
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
            ),
        }
    ),
    _WORKLOAD_STATUS,
)
REPLICA_SET: Final = _object(
    Struct({**ints("replicas", "minReadySeconds"), "selector": _SELECTOR, "template": _TEMPLATE}),
    _WORKLOAD_STATUS,
)
ENDPOINT_SLICE: Final = _object(
    addressType=STRING,
    endpoints=List(_ENDPOINT),
    ports=List(Struct({**strings("name", "protocol", "appProtocol"), "port": INT})),
)
ENDPOINTS: Final = _object(subsets=ITEMS)
LEASE: Final = _object(
    Struct(
        {
            **strings("holderIdentity", "acquireTime", "renewTime"),
            **ints("leaseDurationSeconds", "leaseTransitions"),
        }
    )
)
AUTOSCALER: Final = _object(
    Struct(
        {
            **ints("minReplicas", "maxReplicas"),
            "scaleTargetRef": Struct(strings("kind", "name", "apiVersion")),
            "metrics": ITEMS,
        }
    )
)
ROLE: Final = _object(rules=_RULES)
BINDING: Final = _object(**_BOUND)
DISRUPTION_BUDGET: Final = _object(
    Struct(
        {
            "minAvailable": INT_OR_STRING,
            "maxUnavailable": INT_OR_STRING,
            "selector": _SELECTOR,
        }
    )
)
NETWORK_POLICY: Final = _object(
    Struct({"podSelector": _SELECTOR, "policyTypes": STRINGS, "ingress": ITEMS, "egress": ITEMS})
)
INGRESS: Final = _object(Struct({"ingressClassName": STRING, "rules": ITEMS, "tls": ITEMS}))
