"""Settings of the node agent, with their units and why the defaults are what they are. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.embedded.node.backoff import BackOff


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """Times in seconds.

    name: of the Node object.
    max_pods: the scheduler gives the node no more; bounds what a mistake can start.
    sample_period: between two readings of /proc.
    config_retry: until what a container refers to and is missing is looked for again.
    pod_retry: until a pod whose task failed unexpectedly is tried again.
    status_period: until the node answers who says that it is not ready (kubelet
        --node-status-update-frequency).
    status_retry: until a status that the cluster could not store is reported again.
    endpoint_wait: at most, until no EndpointSlice calls a pod ready that is to end.
    endpoint_lag: between that and SIGTERM, for those who watch EndpointSlices to learn of it.
    stop_grace: what pods get to end in when the cluster stops, if their own grace is longer.
    log_bytes: size of a container's log before it is rotated; twice that is kept of each run.
    """

    name: str = "local"
    max_pods: int = 250
    sample_period: float = 1.0
    backoff: BackOff = field(default_factory=BackOff)
    config_retry: float = 2.0
    pod_retry: float = 5.0
    status_period: float = 10.0
    status_retry: float = 2.0
    endpoint_wait: float = 3.0
    endpoint_lag: float = 0.25
    stop_grace: float = 5.0
    log_bytes: int = 5 * 2**20
