"""Cells of the core kinds, Leases, EndpointSlices and Events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from shared.embedded.tables import core

if TYPE_CHECKING:
    from shared.embedded.tables.column import Cell, Column

NOW = 100.0


def cells(columns: tuple[Column, ...], **parts: Any) -> dict[str, Cell]:
    obj = {"metadata": {"name": "x"}, **parts}
    return {column.name: column.cell(obj, NOW) for column in columns}


def test_configuration_counts_text_and_binary_keys() -> None:
    assert cells(core.CONFIGMAPS, data={"a": ""}, binaryData={"b": ""})["Data"] == 2
    assert cells(core.SECRETS, type="Opaque")["Data"] == 0


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({"type": "ClusterIP"}, {}, "<none>"),
        ({"type": "NodePort", "externalIPs": ["192.0.2.1"]}, {}, "192.0.2.1"),
        ({"type": "LoadBalancer"}, {}, "<pending>"),
        (
            {"type": "LoadBalancer"},
            {"loadBalancer": {"ingress": [{"ip": "192.0.2.9"}]}},
            "192.0.2.9",
        ),
        ({"type": "ExternalName", "externalName": "example.com"}, {}, "example.com"),
    ],
)
def test_external_addresses_depend_on_the_type(
    spec: dict[str, Any], status: dict[str, Any], expected: str
) -> None:
    assert cells(core.SERVICES, spec=spec, status=status)["External-IP"] == expected


def test_service_ports_show_node_port_and_protocol() -> None:
    ports = [{"port": 80, "nodePort": 30080, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]
    assert cells(core.SERVICES, spec={"ports": ports})["Port(s)"] == "80:30080/TCP,53/UDP"
    assert cells(core.SERVICES, spec={})["Port(s)"] == "<none>"


def test_endpointslices_show_the_first_addresses() -> None:
    endpoints = [{"addresses": [f"127.0.1.{n}"]} for n in range(1, 6)]
    row = cells(core.ENDPOINTSLICES, ports=[{"port": 80}], endpoints=endpoints)
    assert row["Endpoints"] == "127.0.1.1,127.0.1.2,127.0.1.3 + 2 more..."
    assert row["Ports"] == "80"
    empty = cells(core.ENDPOINTSLICES, ports=None, endpoints=None)
    assert (empty["Ports"], empty["Endpoints"]) == ("<unset>", "<unset>")


@pytest.mark.parametrize(
    ("ready", "cordoned", "expected"),
    [
        ("True", False, "Ready"),
        ("True", True, "Ready,SchedulingDisabled"),
        ("False", False, "NotReady"),
        (None, False, "Unknown"),
    ],
)
def test_nodes_show_readiness_and_cordon(ready: str | None, cordoned: bool, expected: str) -> None:
    conditions = [{"type": "Ready", "status": ready}] if ready else []
    row = cells(core.NODES, spec={"unschedulable": cordoned}, status={"conditions": conditions})
    assert row["Status"] == expected
    assert (row["Roles"], row["Version"], row["Internal-IP"]) == ("<none>", "<unknown>", "<none>")


def test_node_roles_come_from_labels() -> None:
    labels = {"node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/edge": "", "z": ""}
    row = cells(core.NODES, metadata={"name": "n", "labels": labels})
    assert row["Roles"] == "edge,worker"


def test_events_of_both_groups_print_alike() -> None:
    legacy = cells(
        core.EVENTS,
        involvedObject={"kind": "Pod", "name": "p"},
        message="Started\n",
        reason="Started",
        type="Normal",
        source={"component": "kubelet", "host": "n1"},
        firstTimestamp="1970-01-01T00:00:40Z",
        lastTimestamp="1970-01-01T00:01:30Z",
        count=3,
    )
    modern = cells(
        core.EVENTS,
        regarding={"kind": "Pod", "name": "p"},
        note="Started",
        reason="Started",
        type="Normal",
        reportingController="kubelet",
        reportingInstance="n1",
        eventTime="1970-01-01T00:00:40.000000Z",
        series={"count": 3, "lastObservedTime": "1970-01-01T00:01:30.000000Z"},
    )
    assert legacy == modern
    assert (legacy["Last Seen"], legacy["First Seen"], legacy["Count"]) == ("10s", "60s", 3)
    assert (legacy["Object"], legacy["Source"]) == ("pod/p", "kubelet, n1")


def test_an_event_seen_once_was_last_seen_when_first_seen() -> None:
    row = cells(core.EVENTS, eventTime="1970-01-01T00:00:40.000000Z", regarding={"kind": "Node"})
    assert (row["Last Seen"], row["Count"], row["Object"]) == ("60s", 1, "node")


def test_a_lease_shows_its_holder() -> None:
    assert cells(core.LEASES, spec={"holderIdentity": "scaler-1"})["Holder"] == "scaler-1"
    assert cells(core.LEASES, spec={})["Holder"] == ""
