"""What the pods of a service may do on their node: security contexts of pod and container. Pure.

The least that images need: no new privileges, no capabilities, the runtime's filter of system
calls. With both switches of the policy on, a pod passes the profile "restricted" of the Pod
Security Standards; what a service asks for besides stays within "baseline"
(https://kubernetes.io/docs/concepts/security/pod-security-standards/).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.service import security

if TYPE_CHECKING:
    from gateway.management.objects.policy import Policy
    from shared.service.model import Service
    from shared.service.objects import Obj

GROUP: Final = 1000
"""The group that a volume belongs to, so that pods write to it whoever they run as."""
SCRATCH: Final[Obj] = {"name": "tmp", "emptyDir": {}}
"""Where programs write that expect to write anywhere."""
TMP: Final = "/tmp"  # noqa: S108  inside the container


def pod_context(service: Service, policy: Policy) -> Obj:
    """`securityContext` of the pod."""
    asked = security.stated(service.annotations)
    context: Obj = {"seccompProfile": {"type": "RuntimeDefault"}}
    if policy.run_as_non_root and not asked.run_as_root:
        context["runAsNonRoot"] = True
    if asked.user is not None:
        context |= {"runAsUser": asked.user, "runAsGroup": asked.user}
    if service.volume is not None:
        context |= {"fsGroup": asked.user or GROUP, "fsGroupChangePolicy": "OnRootMismatch"}
    return context


def container_context(service: Service, policy: Policy) -> Obj:
    """`securityContext` of the container."""
    asked = security.stated(service.annotations)
    capabilities: Obj = {} if asked.default_capabilities else {"drop": ["ALL"]}
    if asked.capabilities:
        capabilities["add"] = list(asked.capabilities)
    context: Obj = {"allowPrivilegeEscalation": False, "capabilities": capabilities}
    if has_read_only_root(service, policy):
        context["readOnlyRootFilesystem"] = True
    return context


def has_read_only_root(service: Service, policy: Policy) -> bool:
    """Whether the container writes nowhere but to its mounts."""
    return policy.read_only_root and not security.stated(service.annotations).writable_root
