"""Who reaches whom, in the base and in the overlays that change it."""

from __future__ import annotations

import pytest

from shared.service import spaces
from tests.manifests.built import build, container
from tests.manifests.reach import End, Network

PROGRAMS = ("gateway", "management", "scaler")
OWNED = "oscar-svc-alice"
NAMESPACES = {OWNED: {spaces.OWNER_HASH: spaces.hashed("alice")}}


def program(name: str) -> End:
    ports = {
        each["name"]: each["containerPort"] for each in container(build("base"), name)["ports"]
    }
    labels = {"app.kubernetes.io/name": name}
    return End("10.244.0.1", "oscar", labels, ports)


def exposed(name: str, namespace: str = "oscar-svc") -> End:
    labels = {"app": f"oscar-svc-exp-{name}", "oscar_service": name}
    return End("10.244.0.2", namespace, labels, {"podport-0": 8000})


ENDS = {
    **{name: program(name) for name in PROGRAMS},
    "service": exposed("ocr"),
    "another": exposed("chat"),
    "alice's": exposed("hers", OWNED),
    "stranger": End("10.244.0.3", "default"),
    "prometheus": End("10.244.0.4", "monitoring"),
    "traefik": End("10.244.0.5", "traefik"),
    "haproxy": End("10.244.0.6", "haproxy-controller"),
    "dns": End("10.244.0.7", "kube-system"),
    "api": End("10.96.0.1"),
    "database": End("192.168.1.9"),
    "internet": End("198.51.100.7"),
}
DOORS = {
    "public": ("gateway", 8080),
    "gateway's admin": ("gateway", 8081),
    "services api": ("management", 8082),
    "scaler's admin": ("scaler", 8083),
    "service": ("service", 8000),
    "another": ("another", 8000),
    "alice's": ("alice's", 8000),
    "api": ("api", 443),
    "database": ("database", 5432),
    "web": ("internet", 80),
}
"""Where something listens that matters."""

EVERYBODY = {"stranger", "prometheus", "traefik", "haproxy", "dns", "api", "database", "internet"}
PODS = {"service", "another", "alice's"}
BASE = {
    # from `service` all that it reaches; the base does not limit what services call
    "public": EVERYBODY | PODS,
    "gateway's admin": {"scaler", "prometheus"},
    "services api": {"gateway", "prometheus"},
    "scaler's admin": {"prometheus"},
    "service": {"gateway"},
    "another": {"gateway"},
    "alice's": EVERYBODY | PODS,
    "api": EVERYBODY | PODS | {*PROGRAMS},
    "database": EVERYBODY | PODS,
    "web": EVERYBODY | PODS,
}
"""Who reaches each door; nobody else does."""


def visitors(folder: str) -> dict[str, set[str]]:
    """Who reaches each door by the objects of manifests/<folder>, itself apart."""
    network = Network(build(folder), NAMESPACES)
    return {
        door: {
            name
            for name, end in ENDS.items()
            if name != where and network.lets(end, ENDS[where], port)
        }
        for door, (where, port) in DOORS.items()
    }


def without_themselves(table: dict[str, set[str]]) -> dict[str, set[str]]:
    return {door: names - {DOORS[door][0]} for door, names in table.items()}


OTHERS = {
    "overlays/behind-ingress/traefik": {"public": {"traefik"}},
    "overlays/behind-ingress/haproxy": {"public": {"haproxy"}},
    "overlays/tenants": {"alice's": BASE["alice's"] | {"gateway"}},
    "overlays/beside-oscar": {
        name: EVERYBODY | PODS | {"gateway"} for name in ("service", "another")
    },
    "overlays/confined": {
        "public": BASE["public"] - {"service", "another"},
        "api": BASE["api"] - {"service", "another"},
        "database": BASE["database"] - {"service", "another"},
        "alice's": BASE["alice's"] - {"service", "another"},
    },
}
"""What an overlay changes of the base."""


@pytest.mark.parametrize(
    "folder",
    ["base", *OTHERS, "overlays/single-node", "overlays/high-availability", "overlays/monitoring",
     "overlays/gateway-api", "overlays/load-balancer-tls", "overlays/kubelet", "overlays/limits"],
)  # fmt: skip
def test_each_door_is_open_to_those_named_and_to_nobody_else(folder: str) -> None:
    expected = without_themselves(BASE | OTHERS.get(folder, {}))
    assert visitors(folder) == expected


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_reach_names_and_the_api_server(name: str) -> None:
    network = Network(build("base"), NAMESPACES)
    for protocol in ("UDP", "TCP"):
        assert network.lets(ENDS[name], ENDS["dns"], 53, protocol)
        assert network.lets(ENDS[name], End("169.254.20.10"), 53, protocol)
        assert not network.lets(ENDS[name], ENDS["internet"], 53, protocol)
    assert network.lets(ENDS[name], ENDS["api"], 443)
    assert network.lets(ENDS[name], ENDS["api"], 6443)


def test_confined_services_still_reach_names_and_the_internet() -> None:
    network = Network(build("overlays/confined"), NAMESPACES)
    assert network.lets(ENDS["service"], ENDS["dns"], 53, "UDP")
    assert network.lets(ENDS["service"], ENDS["internet"], 443)
    assert not network.lets(ENDS["service"], End("169.254.169.254"), 80)


def test_node_ports_are_opened_for_the_services_that_are_named() -> None:
    network = Network(build("overlays/node-ports"), NAMESPACES)
    assert network.lets(ENDS["internet"], exposed("name-of-a-service"), 8000)
    assert not network.lets(ENDS["internet"], ENDS["service"], 8000)


def test_a_gateway_that_sends_spans_reaches_the_collector() -> None:
    for folder, reached in (("base", False), ("overlays/traces", True)):
        network = Network(build(folder), NAMESPACES)
        assert network.lets(ENDS["gateway"], ENDS["prometheus"], 4318) is reached


def test_a_scaler_that_asks_prometheus_reaches_it() -> None:
    for folder, reached in (("base", False), ("overlays/prometheus", True)):
        network = Network(build(folder), NAMESPACES)
        assert network.lets(ENDS["scaler"], ENDS["prometheus"], 9090) is reached
