"""EndpointSlices of a service → its endpoints.

https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.services.spec import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable

SERVICE_NAME: Final = "kubernetes.io/service-name"
_SUFFIX: Final = "-svc"
_PORT_NAME: Final = "serviceport-0"
"""The Service's port 80, which leads to the first api_port."""


def service_of(endpoint_slice: dict[str, Any]) -> str:
    """The exposed service a slice belongs to; empty when it belongs to something else."""
    labels = endpoint_slice["metadata"].get("labels") or {}
    kubernetes_service: str = labels.get(SERVICE_NAME) or ""
    if not kubernetes_service.endswith(_SUFFIX):
        return ""
    return kubernetes_service.removesuffix(_SUFFIX)


def endpoints(slices: Iterable[dict[str, Any]]) -> tuple[Endpoint, ...]:
    """All endpoints of one service, each address once, in a stable order.

    While a pod moves between slices it may stand in two; the usable entry wins.
    """
    found: dict[tuple[str, int], Endpoint] = {}
    for one in slices:
        for endpoint in _of_slice(one):
            key = endpoint.address, endpoint.port
            if key not in found or endpoint.usable:
                found[key] = endpoint
    return tuple(found[key] for key in sorted(found))


def _of_slice(endpoint_slice: dict[str, Any]) -> list[Endpoint]:
    port = _port(endpoint_slice.get("ports") or [])
    if port is None or endpoint_slice.get("addressType") == "FQDN":
        return []
    entries = endpoint_slice.get("endpoints") or []
    return [_endpoint(entry, port) for entry in entries if entry.get("addresses")]


def _endpoint(entry: dict[str, Any], port: int) -> Endpoint:
    conditions = entry.get("conditions") or {}
    ready = conditions.get("ready") is not False  # absent means ready, says the API
    serving = conditions.get("serving")
    pod = entry.get("targetRef") or {}
    return Endpoint(
        address=entry["addresses"][0],  # all addresses of an entry are the same pod
        port=port,
        pod=pod.get("name", ""),
        uid=pod.get("uid", ""),
        ready=ready,
        serving=ready if serving is None else serving,
        terminating=conditions.get("terminating") is True,
    )


def _port(ports: list[dict[str, Any]]) -> int | None:
    """The port by name; the only or first one when none has it (a Service made by hand)."""
    for port in ports:
        if port.get("name") == _PORT_NAME:
            return port.get("port")
    return ports[0].get("port") if ports else None
