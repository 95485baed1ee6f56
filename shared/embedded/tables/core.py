"""The columns of namespaces, configuration, network objects, nodes, Leases and Events. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from shared.embedded.tables.column import (
    AGE,
    NAME,
    NONE,
    UNKNOWN,
    UNSET,
    Column,
    first_few,
    labels,
    selector,
    since,
    spec,
    status,
)

if TYPE_CHECKING:
    from shared.service.objects import Obj

_ROLE_LABEL: Final = "node-role.kubernetes.io/"


def _data(obj: Obj, _: float) -> int:
    return len(obj.get("data") or {}) + len(obj.get("binaryData") or {})


def _external_ip(service: Obj, _: float) -> str:
    if spec(service).get("type") == "ExternalName":
        return str(spec(service).get("externalName", ""))
    given = spec(service).get("externalIPs") or []
    if spec(service).get("type") != "LoadBalancer":
        return ",".join(given) or NONE
    balancers = (status(service).get("loadBalancer") or {}).get("ingress") or []
    found = [entry.get("ip") or entry.get("hostname") or "" for entry in balancers]
    return ",".join([*found, *given]) or "<pending>"


def _ports(service: Obj, _: float) -> str:
    return ",".join(map(_port, spec(service).get("ports") or [])) or NONE


def _port(port: Obj) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node}/{port.get('protocol', 'TCP')}"


def _slice_ports(obj: Obj, _: float) -> str:
    ports = obj.get("ports") or []
    return first_few(str(p["port"]) if p.get("port") is not None else "*" for p in ports) or UNSET


def _slice_endpoints(obj: Obj, _: float) -> str:
    addresses = [address for e in obj.get("endpoints") or [] for address in e["addresses"]]
    return first_few(addresses) or UNSET


def _addresses(endpoints: Obj, _: float) -> str:
    subsets = endpoints.get("subsets") or []
    if not subsets:
        return NONE
    return first_few(
        f"{address['ip']}{port}"
        for subset in subsets
        for port in [f":{port['port']}" for port in subset.get("ports") or []] or [""]
        for address in subset.get("addresses") or []
    )


def _parameters(ingress_class: Obj, _: float) -> str:
    given = spec(ingress_class).get("parameters")
    if not given:
        return NONE
    group = f".{given['apiGroup']}" if given.get("apiGroup") else ""
    return f"{given.get('kind', '')}{group}/{given.get('name', '')}"


def _ingress_address(ingress: Obj, _: float) -> str:
    entries = (status(ingress).get("loadBalancer") or {}).get("ingress") or []
    return ",".join(sorted({entry.get("ip") or entry.get("hostname") or "" for entry in entries}))


def _hostnames(route: Obj, _: float) -> str:
    names = spec(route).get("hostnames")
    return json.dumps(names, separators=(",", ":")) if names else ""


def _ingress_hosts(ingress: Obj, _: float) -> str:
    hosts = [rule["host"] for rule in spec(ingress).get("rules") or [] if rule.get("host")]
    return first_few(hosts) or "*"


def _node_status(node: Obj, _: float) -> str:
    conditions = {c["type"]: c["status"] for c in status(node).get("conditions") or []}
    ready = {"True": "Ready", None: "Unknown"}.get(conditions.get("Ready"), "NotReady")
    return f"{ready},SchedulingDisabled" if spec(node).get("unschedulable") else ready


def _node_roles(node: Obj, _: float) -> str:
    marks = (node["metadata"].get("labels") or {}).keys()
    roles = sorted(key.removeprefix(_ROLE_LABEL) for key in marks if key.startswith(_ROLE_LABEL))
    return ",".join(roles) or NONE


def _node_address(node: Obj, kind: str) -> str:
    addresses = status(node).get("addresses") or []
    return next((a["address"] for a in addresses if a["type"] == kind), NONE)


def _node_info(name: str, key: str, *, wide: bool = True) -> Column:
    return Column(
        name, lambda node, _: (status(node).get("nodeInfo") or {}).get(key) or UNKNOWN, wide=wide
    )


def _first_seen(event: Obj, now: float) -> str:
    first = event.get("firstTimestamp") or event.get("deprecatedFirstTimestamp")
    return since(first or event.get("eventTime"), now)


def _last_seen(event: Obj, now: float) -> str:
    if series := event.get("series"):
        return since(series.get("lastObservedTime"), now)
    last = event.get("lastTimestamp") or event.get("deprecatedLastTimestamp")
    return since(last, now) if last else _first_seen(event, now)


def _count(event: Obj, _: float) -> int:
    series = event.get("series") or {}
    count: int = series.get("count") or event.get("count") or event.get("deprecatedCount") or 1
    return count


def _about(event: Obj) -> Obj:
    return event.get("involvedObject") or event.get("regarding") or {}


def _event_object(event: Obj, _: float) -> str:
    about = _about(event)
    kind = str(about.get("kind", "")).lower()
    return f"{kind}/{about['name']}" if about.get("name") else kind


def _event_source(event: Obj, _: float) -> str:
    source = event.get("source") or event.get("deprecatedSource") or {}
    component = source.get("component") or event.get("reportingController")
    component = component or event.get("reportingComponent") or ""
    host = source.get("host") or event.get("reportingInstance") or ""
    return ", ".join(filter(None, (component, host)))


NAMESPACES: Final = (NAME, Column("Status", lambda obj, _: status(obj).get("phase", "")), AGE)

CONFIGMAPS: Final = (NAME, Column("Data", _data), AGE)

SECRETS: Final = (
    NAME,
    Column("Type", lambda obj, _: obj.get("type", "")),
    Column("Data", _data),
    AGE,
)

SERVICE_ACCOUNTS: Final = (NAME, AGE)

SERVICES: Final = (
    NAME,
    Column("Type", lambda obj, _: spec(obj).get("type", "")),
    Column("Cluster-IP", lambda obj, _: spec(obj).get("clusterIP") or NONE),
    Column("External-IP", _external_ip),
    Column("Port(s)", _ports),
    AGE,
    Column("Selector", lambda obj, _: labels(spec(obj).get("selector")), wide=True),
)

ENDPOINTSLICES: Final = (
    NAME,
    Column("AddressType", lambda obj, _: obj.get("addressType", "")),
    Column("Ports", _slice_ports),
    Column("Endpoints", _slice_endpoints),
    AGE,
)

ENDPOINTS: Final = (
    NAME,
    Column(
        "Endpoints",
        _addresses,
        "The set of all endpoints is the union of all subsets. Addresses are placed into subsets "
        "according to the IPs they share. A single address with multiple ports, some of which are "
        "ready and some of which are not (because they come from different containers) will result "
        "in the address being displayed in different subsets for the different ports. No address "
        "will appear in both Addresses and NotReadyAddresses in the same subset. Sets of addresses "
        "and ports that comprise a service.",
    ),
    AGE,
)

NETWORK_POLICIES: Final = (
    NAME,
    Column("Pod-Selector", lambda obj, _: selector(spec(obj).get("podSelector"))),
    AGE,
)

INGRESSES: Final = (
    NAME,
    Column("Class", lambda obj, _: spec(obj).get("ingressClassName") or NONE),
    Column("Hosts", _ingress_hosts),
    Column("Address", _ingress_address),
    Column("Ports", lambda obj, _: "80, 443" if spec(obj).get("tls") else "80"),
    AGE,
)

INGRESS_CLASSES: Final = (
    NAME,
    Column("Controller", lambda obj, _: spec(obj).get("controller", "")),
    Column("Parameters", _parameters),
    AGE,
)

HTTP_ROUTES: Final = (NAME, Column("Hostnames", _hostnames), AGE)

NODES: Final = (
    NAME,
    Column("Status", _node_status),
    Column("Roles", _node_roles),
    AGE,
    _node_info("Version", "kubeletVersion", wide=False),
    Column("Internal-IP", lambda node, _: _node_address(node, "InternalIP"), wide=True),
    Column("External-IP", lambda node, _: _node_address(node, "ExternalIP"), wide=True),
    _node_info("OS-Image", "osImage"),
    _node_info("Kernel-Version", "kernelVersion"),
    _node_info("Container-Runtime", "containerRuntimeVersion"),
)

LEASES: Final = (NAME, Column("Holder", lambda obj, _: spec(obj).get("holderIdentity") or ""), AGE)

EVENTS: Final = (
    Column("Last Seen", _last_seen),
    Column("Type", lambda event, _: event.get("type", "")),
    Column("Reason", lambda event, _: event.get("reason", "")),
    Column("Object", _event_object),
    Column("Subobject", lambda event, _: _about(event).get("fieldPath", ""), wide=True),
    Column("Source", _event_source, wide=True),
    Column(
        "Message", lambda event, _: str(event.get("message") or event.get("note") or "").strip()
    ),
    Column("First Seen", _first_seen, wide=True),
    Column("Count", _count, wide=True),
    Column("Name", NAME.cell, NAME.description, format="name", wide=True),
)
