"""Endpoints of a Service, and their layout in slices."""

from __future__ import annotations

from typing import Any

from shared.embedded.controllers.endpoints import (
    MAX_ENDPOINTS,
    endpoint,
    endpoints,
    lay_out,
    port_map,
    resolve_ports,
)
from shared.service.objects import Obj


def service(*ports: Obj, **spec: Any) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "n", "uid": "s", "labels": {"oscar_service": "x"}},
        "spec": {"selector": {"app": "web"}, "ports": list(ports) or [{"port": 80}], **spec},
    }


def pod(
    uid: str = "1", *, ready: bool = True, going: bool = False, mapped: str | None = None
) -> Obj:
    metadata: Obj = {"name": f"web-{uid}", "namespace": "n", "uid": uid}
    if mapped is not None:
        metadata["annotations"] = {"local.exposed/port-map": mapped}
    metadata |= {"deletionTimestamp": "2026-01-01T00:00:00Z"} if going else {}
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    port = {"name": "http", "containerPort": 5000}
    return {
        "metadata": metadata,
        "spec": {"nodeName": "local", "containers": [{"name": "c", "ports": [port]}]},
        "status": {"phase": "Running", "podIP": f"127.9.0.{uid}", "conditions": [condition]},
    }


def named(laid: list[Obj]) -> list[Obj]:
    """As the API server would return them."""
    for number, each in enumerate(laid):
        each["metadata"].setdefault("name", f"web-{number}")
    return laid


def conditions(entry: Obj) -> tuple[bool, bool, bool]:
    found = entry["conditions"]
    return found["ready"], found["serving"], found["terminating"]


def test_ready_is_serving_and_not_terminating() -> None:
    assert conditions(endpoint(service(), pod())) == (True, True, False)
    assert conditions(endpoint(service(), pod(ready=False))) == (False, False, False)
    assert conditions(endpoint(service(), pod(going=True))) == (False, True, True)
    assert conditions(endpoint(service(), pod(ready=False, going=True))) == (False, False, True)


def test_unready_addresses_can_be_published() -> None:
    published = service(publishNotReadyAddresses=True)
    assert conditions(endpoint(published, pod(ready=False)))[0]


def test_an_endpoint_names_its_pod_and_node() -> None:
    entry = endpoint(service(), pod("7"))
    assert entry["addresses"] == ["127.9.0.7"]
    assert entry["targetRef"] == {"kind": "Pod", "namespace": "n", "name": "web-7", "uid": "7"}
    assert entry["nodeName"] == "local"


def test_ports_are_resolved_by_number_name_and_map() -> None:
    assert resolve_ports(service({"port": 80}), pod()) == (("", "TCP", 80),)
    by_name = service({"port": 80, "targetPort": "http", "name": "web"})
    assert resolve_ports(by_name, pod()) == (("web", "TCP", 5000),)
    assert resolve_ports(service({"port": 80, "targetPort": "no"}), pod()) == ()
    mapped = pod(mapped='{"80": 8080}')
    assert resolve_ports(service({"port": 1, "targetPort": 80}), mapped) == (("", "TCP", 8080),)


def test_a_port_map_that_is_none_maps_nothing() -> None:
    for text in ("", "[]", '{"a": 1}', "null", "{"):
        assert port_map(pod(mapped=text)) == {}


def test_pods_without_address_or_at_their_end_are_no_endpoints() -> None:
    without = pod("1")
    del without["status"]["podIP"]
    ended = pod("2")
    ended["status"]["phase"] = "Succeeded"
    assert endpoints(service(), [without, ended]) == {}


def test_a_service_without_pods_has_one_empty_slice() -> None:
    (only,), unwanted = lay_out(service(), [], [])
    assert (only["endpoints"], only["ports"], unwanted) == ([], [], [])
    assert only["metadata"]["generateName"] == "web-"
    assert only["metadata"]["labels"] == {
        "oscar_service": "x",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    assert only["metadata"]["ownerReferences"][0]["kind"] == "Service"


def test_slices_hold_at_most_a_hundred() -> None:
    pods = [pod(str(number)) for number in range(250)]
    laid, _ = lay_out(service(), pods, [])
    assert [len(each["endpoints"]) for each in laid] == [100, 100, 50]
    assert MAX_ENDPOINTS == 100


def test_endpoints_stay_where_they_are_and_gaps_are_filled() -> None:
    pods = [pod(str(number)) for number in range(150)]
    laid = named(lay_out(service(), pods, [])[0])
    fewer = [*pods[10:], pod("900")]
    again, unwanted = lay_out(service(), fewer, laid)
    assert [len(each["endpoints"]) for each in again] == [91, 50]
    assert not unwanted
    uids = [entry["targetRef"]["uid"] for entry in again[0]["endpoints"]]
    assert uids[:2] == ["10", "11"]
    assert uids[-1] == "900"


def test_pods_with_other_ports_get_a_slice_of_their_own() -> None:
    mapped = pod("2", mapped='{"80": 8080}')
    laid, _ = lay_out(service(), [pod("1"), mapped], [])
    assert sorted(each["ports"][0]["port"] for each in laid) == [80, 8080]


def test_slices_that_are_empty_are_unwanted_but_the_last() -> None:
    pods = [pod(str(number)) for number in range(150)]
    laid = named(lay_out(service(), pods, [])[0])
    kept, unwanted = lay_out(service(), pods[:1], laid)
    assert len(kept) == len(unwanted) == 1
    kept, unwanted = lay_out(service(), [], laid)
    assert [each["metadata"]["name"] for each in kept] == ["web-0"]
    assert [each["metadata"]["name"] for each in unwanted] == ["web-1"]
