"""What a whole Kubernetes has and this cluster has not: who asks for it is told so. Pure.

Called by the server when a path names no kind that is served. A name that no Kubernetes knows gets
the plain words of kube-apiserver instead.
"""

from __future__ import annotations

from typing import Final

from shared.embedded.errors import StatusError, no_such_resource

_INSTEAD: Final = (
    "it runs Deployments, ReplicaSets and Pods; `kubectl api-resources` lists what it has"
)
_ABSENT: Final = {
    "": "componentstatuses replicationcontrollers",
    "admissionregistration.k8s.io": "mutatingadmissionpolicies mutatingwebhookconfigurations "
    "validatingadmissionpolicies validatingadmissionpolicybindings validatingwebhookconfigurations",
    "apiextensions.k8s.io": "customresourcedefinitions",
    "apiregistration.k8s.io": "apiservices",
    "apps": "controllerrevisions daemonsets statefulsets",
    "batch": "cronjobs jobs",
    "certificates.k8s.io": "certificatesigningrequests clustertrustbundles",
    "flowcontrol.apiserver.k8s.io": "flowschemas prioritylevelconfigurations",
    "gateway.networking.k8s.io": "gatewayclasses gateways grpcroutes referencegrants tcproutes "
    "tlsroutes udproutes",
    "networking.k8s.io": "ipaddresses servicecidrs",
    "node.k8s.io": "runtimeclasses",
    "resource.k8s.io": "deviceclasses resourceclaims resourceclaimtemplates resourceslices",
    "storage.k8s.io": "csidrivers csinodes csistoragecapacities volumeattachments "
    "volumeattributesclasses",
}


def missing(group: str, plural: str) -> StatusError | None:
    """The 404 for a kind that is left out on purpose; None for one that nobody knows."""
    if plural not in _ABSENT.get(group, "").split():
        return None
    found = no_such_resource()
    resource = f"{plural}.{group}" if group else plural
    message = f"{found.message}: this embedded cluster has no {resource}; {_INSTEAD}"
    return StatusError(found.code, found.reason, message, found.details)
