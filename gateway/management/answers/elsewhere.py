"""What of OSCAR this product does not do, and the sentence that says so (501). Pure.

Called by `calls`. A client that asks gets to know why it gets nothing, and what to do instead,
where 404 would let it look for a wrong address.
"""

from __future__ import annotations

from typing import Final

from shared.service import names

PRODUCT: Final = (
    "This is Exposed Services: it runs long-lived HTTP services and keeps OSCAR's API for them, "
    "and nothing else of OSCAR."
)
AREAS: Final = {
    "buckets": "Buckets are not offered: let services use object storage of their own.",
    "federation": "Federation is not offered: apply the service to each cluster.",
    "logs": "Only the logs of services' pods can be read here; they go with the pods, and those of "
    "the system are with its processes (kubectl logs).",
    "metrics": "Reports of usage are not offered: Prometheus reads /metrics of each process.",
    "quotas": "Quotas are not offered: set a ResourceQuota in the services' namespace.",
    "replicas": "Replicas in other clusters are not offered: apply the service to each cluster.",
    "volumes": "Volumes are not managed by themselves: a service makes its own by `volume`.",
}
"""By the first word of the path below /system."""
UNCHANGEABLE: Final = (
    "The configuration is not changed here: it is in the settings of the processes."
)


def of_area(area: str) -> str:
    """Why nothing of /system/<area> is here."""
    return f"{AREAS[area]} {PRODUCT}"


def of_invocation(name: str) -> str:
    """Why service `name` cannot be invoked through /run and /job."""
    try:
        path = names.base_path(names.check_name(name))
    except ValueError:
        path = names.base_path("<name>")
    return f"Invocations are not offered: send requests to {path}/. {PRODUCT}"
