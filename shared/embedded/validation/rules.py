"""The rules of each kind of object, put together from the parts of this room. Pure.

Named by what the objects are; `declarations` says which kinds these are.
"""

from __future__ import annotations

from typing import Final

from shared.embedded.validation import (
    Rules,
    any_change,
    autoscalers,
    checks,
    disruption,
    endpoints,
    events,
    ingresses,
    network,
    network_policies,
    nodes,
    objects,
    pods,
    remarks,
    roles,
    secrets,
    storage,
    unchecked,
    workloads,
)

KEPT: Final = Rules(checks.subdomain, unchecked, any_change)
"""For objects that are taken as they come, but for their metadata."""

CONFIG_MAP: Final = Rules(checks.subdomain, objects.config_map, objects.immutable_data)
SECRET: Final = Rules(checks.subdomain, secrets.secret, secrets.immutable_secret)
LEASE: Final = Rules(checks.subdomain, objects.lease, any_change)
NAMESPACE: Final = Rules(
    checks.label, objects.namespace, any_change, status=objects.namespace_status
)
NODE: Final = Rules(checks.subdomain, nodes.node, nodes.succession, status=nodes.status)
EVENT: Final = Rules(checks.subdomain, events.event, any_change)
STRICT_EVENT: Final = Rules(
    checks.subdomain, events.strict_event, events.strict_succession, changed=events.event
)
POD: Final = Rules(
    checks.subdomain, pods.check, pods.successor, status=pods.status, warnings=remarks.pod
)
DEPLOYMENT: Final = Rules(
    checks.subdomain,
    workloads.deployment,
    workloads.same_selector,
    status=workloads.deployment_status,
    warnings=remarks.workload,
)
REPLICA_SET: Final = Rules(
    checks.subdomain,
    workloads.replica_set,
    workloads.same_selector,
    status=workloads.replica_set_status,
    warnings=remarks.workload,
)
AUTOSCALER: Final = Rules(
    checks.subdomain, autoscalers.autoscaler, any_change, status=autoscalers.status
)
BUDGET: Final = Rules(checks.subdomain, disruption.budget, any_change, status=disruption.status)
SERVICE: Final = Rules(
    checks.label,
    network.service,
    network.succession,
    status=network.status,
    warnings=remarks.service,
)
ENDPOINT_SLICE: Final = Rules(checks.subdomain, endpoints.endpoint_slice, endpoints.same_family)
ENDPOINTS: Final = Rules(checks.subdomain, endpoints.endpoints, any_change)
NETWORK_POLICY: Final = Rules(checks.subdomain, network_policies.network_policy, any_change)
INGRESS: Final = Rules(checks.subdomain, ingresses.ingress, any_change, status=ingresses.status)
INGRESS_CLASS: Final = Rules(checks.subdomain, ingresses.ingress_class, ingresses.same_controller)
ROLE: Final = Rules(checks.path_segment, roles.role, any_change)
CLUSTER_ROLE: Final = Rules(checks.path_segment, roles.cluster_role, any_change)
ROLE_BINDING: Final = Rules(checks.path_segment, roles.role_binding, roles.same_role)
CLUSTER_ROLE_BINDING: Final = Rules(
    checks.path_segment, roles.cluster_role_binding, roles.same_role
)
CLAIM: Final = Rules(checks.subdomain, storage.claim, storage.claim_successor)
VOLUME: Final = Rules(checks.subdomain, storage.volume, storage.same_source)
STORAGE_CLASS: Final = Rules(checks.subdomain, storage.storage_class, storage.same_class)
