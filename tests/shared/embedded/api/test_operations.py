"""The verbs as in-process calls: system fields, generations, conflicts, deletion, dry runs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from shared.embedded.api.operations import Api, Change
from shared.embedded.errors import StatusError
from shared.embedded.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    EVENT,
    EVENT_V1,
    HPA,
    HPA_V1,
    LEASE,
    NAMESPACE,
    NODE,
    POD,
    SECRET,
    SERVICE,
)
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.service.objects import Obj

SPACE = "x"


@pytest.fixture
def api() -> Api:
    api = Api(Store(Journal()), now=lambda: 1_700_000_000.0)
    api.create(NAMESPACE, {"metadata": {"name": SPACE}}, manager="test")
    return api


def configmap(**data: str) -> Obj:
    return {"metadata": {"name": "c", "namespace": SPACE}, "data": data}


def pod(name: str = "p", **spec: Any) -> Obj:
    containers = [{"name": "c", "image": "i"}]
    return {"metadata": {"name": name}, "spec": {"containers": containers, **spec}}


def deployment(replicas: int = 1) -> Obj:
    labels = {"app": "d"}
    template = {"metadata": {"labels": labels}, "spec": pod()["spec"]}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"metadata": {"name": "d", "namespace": SPACE}, "spec": spec}


def refusal(code: int, reason: str, call: Any, *args: Any, **options: Any) -> StatusError:
    with pytest.raises(StatusError) as refused:
        call(*args, **options)
    assert (refused.value.code, refused.value.reason) == (code, reason)
    return refused.value


def test_a_created_object_has_the_servers_fields_not_the_clients(api: Api) -> None:
    forged = {
        **configmap(a="1"),
        "metadata": {
            "name": "c",
            "uid": "mine",
            "generation": 9,
            "creationTimestamp": "2000-01-01T00:00:00Z",
            "deletionTimestamp": "2000-01-01T00:00:00Z",
        },
    }
    given = copy.deepcopy(forged)
    metadata = api.create(CONFIG_MAP, forged, SPACE, manager="test")["metadata"]
    assert metadata["uid"] != "mine"
    assert metadata["creationTimestamp"] == "2023-11-14T22:13:20Z"
    assert not metadata.keys() & {"generation", "deletionTimestamp"}
    assert forged == given, "what a caller gave is not changed"


def test_names_can_be_generated(api: Api) -> None:
    body = {"metadata": {"generateName": "c-"}}
    names = {
        api.create(CONFIG_MAP, body, SPACE, manager="test")["metadata"]["name"] for _ in range(9)
    }
    assert len(names) == 9
    assert all(name.startswith("c-") and len(name) == 7 for name in names)


def test_an_object_needs_its_namespace(api: Api) -> None:
    error = refusal(
        404, "NotFound", api.create, SECRET, {"metadata": {"name": "s"}}, "no", manager="t"
    )
    assert error.message == 'namespaces "no" not found'


def test_a_stale_update_is_refused_and_an_equal_one_writes_nothing(api: Api) -> None:
    first = api.create(CONFIG_MAP, configmap(a="1"), SPACE, manager="test")
    second = api.update(CONFIG_MAP, {**first, "data": {"a": "2"}}, manager="test")
    refusal(409, "Conflict", api.update, CONFIG_MAP, {**first, "data": {"a": "3"}}, manager="test")
    assert api.update(CONFIG_MAP, second, manager="test") == second
    other = {**second, "metadata": {**second["metadata"], "uid": "another"}}
    refusal(409, "Conflict", api.update, CONFIG_MAP, other, manager="test")


def test_a_lease_is_not_updated_blindly(api: Api) -> None:
    lease = {"metadata": {"name": "l", "namespace": SPACE}, "spec": {"holderIdentity": "a"}}
    api.create(LEASE, lease, SPACE, manager="test")
    refusal(422, "Invalid", api.update, LEASE, lease, manager="test")


def test_the_generation_counts_changes_of_what_is_asked_for(api: Api) -> None:
    created = api.create(DEPLOYMENT, deployment(), SPACE, manager="test")
    assert created["metadata"]["generation"] == 1

    def after(body: Obj, subresource: Any = "") -> int:
        done = api.patch(DEPLOYMENT, "d", SPACE, body, subresource=subresource, manager="test")
        generation: int = done["metadata"]["generation"]
        return generation

    assert after({"metadata": {"labels": {"a": "b"}}}) == 1
    assert after({"spec": {"replicas": 2}}) == 2
    assert after({"status": {"replicas": 2}}) == 2, "not taken: status has its own endpoint"
    assert after({"status": {"replicas": 2}}, "status") == 2
    assert after({"metadata": {"annotations": {"a": "b"}}}) == 3, "of a Deployment, these too"
    assert after({"metadata": {"annotations": {"a": "c"}}}, "status") == 3


def test_each_endpoint_changes_its_own_part(api: Api) -> None:
    api.create(DEPLOYMENT, deployment(), SPACE, manager="test")
    both = {"spec": {"replicas": 5}, "status": {"replicas": 7}}
    status = api.patch(DEPLOYMENT, "d", SPACE, both, subresource="status", manager="test")
    assert (status["spec"]["replicas"], status["status"]["replicas"]) == (1, 7)
    main = api.patch(DEPLOYMENT, "d", SPACE, {**both, "status": None}, manager="test")
    assert (main["spec"]["replicas"], main["status"]["replicas"]) == (5, 7)


def test_scale_of_zero_is_left_out_and_read_as_zero(api: Api) -> None:
    api.create(DEPLOYMENT, deployment(), SPACE, manager="test")
    zero = api.patch(
        DEPLOYMENT, "d", SPACE, {"spec": {"replicas": 0}}, subresource="scale", manager="test"
    )
    assert zero["spec"] == {}
    assert api.get(DEPLOYMENT, "d", SPACE)["spec"]["replicas"] == 0
    kept = api.update(
        DEPLOYMENT, {**zero, "spec": {"replicas": 2}}, subresource="scale", manager="test"
    )
    assert kept["spec"] == {"replicas": 2}


def test_a_selector_never_changes(api: Api) -> None:
    api.create(DEPLOYMENT, deployment(), SPACE, manager="test")
    labels = {"app": "other"}
    body = {
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}},
        }
    }
    error = refusal(422, "Invalid", api.patch, DEPLOYMENT, "d", SPACE, body, manager="test")
    assert "spec.selector: Invalid value" in error.message
    assert "field is immutable" in error.message


def test_a_running_pod_is_deleted_in_two_steps(api: Api) -> None:
    api.create(POD, pod(terminationGracePeriodSeconds=40), SPACE, manager="test")
    api.bind("p", SPACE, "n1")
    marked = api.delete(POD, "p", SPACE)["metadata"]
    assert marked["deletionGracePeriodSeconds"] == 40
    assert marked["deletionTimestamp"] == "2023-11-14T22:14:00Z"
    assert api.delete(POD, "p", SPACE, grace=60)["metadata"] == marked, "never longer"
    sooner = api.delete(POD, "p", SPACE, grace=5)["metadata"]
    assert sooner["deletionGracePeriodSeconds"] == 5
    assert sooner["generation"] == marked["generation"] == 2
    api.delete(POD, "p", SPACE, grace=0)
    assert api.find(POD, "p", SPACE) is None


@pytest.mark.parametrize("phase", ["", "Succeeded"])
def test_a_pod_that_runs_nowhere_goes_at_once(api: Api, phase: str) -> None:
    api.create(POD, pod(), SPACE, manager="test")
    if phase:
        api.bind("p", SPACE, "n1")
        body = {"status": {"phase": phase}}
        api.patch(POD, "p", SPACE, body, subresource="status", manager="test")
    api.delete(POD, "p", SPACE)
    assert api.find(POD, "p", SPACE) is None


def test_a_pod_is_bound_once(api: Api) -> None:
    api.create(POD, pod(), SPACE, manager="test")
    api.bind("p", SPACE, "n1")
    bound = api.get(POD, "p", SPACE)
    assert bound["spec"]["nodeName"] == "n1"
    assert bound["metadata"]["generation"] == 1
    assert bound["status"]["conditions"][0]["type"] == "PodScheduled"
    error = refusal(409, "Conflict", api.bind, "p", SPACE, "n2")
    assert 'already assigned to node "n1"' in error.message
    change = {"spec": {"nodeName": "n2"}}
    refusal(422, "Invalid", api.patch, POD, "p", SPACE, change, manager="test")


def test_a_delete_can_be_bound_to_one_incarnation(api: Api) -> None:
    created = api.create(CONFIG_MAP, configmap(), SPACE, manager="test")["metadata"]
    error = refusal(409, "Conflict", api.delete, CONFIG_MAP, "c", SPACE, uid="other")
    assert f"does not match the UID in record ({created['uid']})" in error.message
    refusal(409, "Conflict", api.delete, CONFIG_MAP, "c", SPACE, resource_version="1")
    api.delete(CONFIG_MAP, "c", SPACE, uid=created["uid"])
    refusal(404, "NotFound", api.delete, CONFIG_MAP, "c", SPACE)


def test_a_dry_run_answers_and_changes_nothing(api: Api) -> None:
    version = api.store.version
    assert api.create(CONFIG_MAP, configmap(a="1"), SPACE, manager="t", dry_run=True)["data"]
    assert api.find(CONFIG_MAP, "c", SPACE) is None
    assert api.store.version == version
    before = api.create(CONFIG_MAP, configmap(a="1"), SPACE, manager="t")
    changed = api.patch(CONFIG_MAP, "c", SPACE, {"data": {"a": "2"}}, manager="t", dry_run=True)
    assert changed["data"] == {"a": "2"}
    api.delete(CONFIG_MAP, "c", SPACE, dry_run=True)
    assert api.get(CONFIG_MAP, "c", SPACE) == before


def test_changes_are_told_in_order_with_what_was_before(api: Api) -> None:
    seen: list[Change] = []
    stop = api.subscribe(seen.append)
    first = api.create(CONFIG_MAP, configmap(a="1"), SPACE, manager="test")
    second = api.patch(CONFIG_MAP, "c", SPACE, {"data": {"a": "2"}}, manager="test")
    last = api.delete(CONFIG_MAP, "c", SPACE)
    stop()
    assert [(each.type, each.object, each.old) for each in seen] == [
        ("ADDED", first, None),
        ("MODIFIED", second, first),
        ("DELETED", last, second),
    ]
    assert all(each.kind is CONFIG_MAP for each in seen)


def test_lists_select_by_labels_and_fields(api: Api) -> None:
    for name, app in [("a", "x"), ("b", "y"), ("c", "x")]:
        body = pod(name)
        body["metadata"]["labels"] = {"app": app}
        api.create(POD, body, SPACE, manager="test")
    api.bind("c", SPACE, "n1")

    def names(**selectors: str) -> list[str]:
        return [each["metadata"]["name"] for each in api.list(POD, **selectors)]

    assert names() == ["a", "b", "c"]
    assert names(labels="app=x") == ["a", "c"]
    assert names(labels="app=x", fields="spec.nodeName=n1") == ["c"]
    assert names(namespace="other") == []


def test_events_of_both_groups_are_the_same_objects(api: Api) -> None:
    event = {
        "metadata": {"name": "e"},
        "eventTime": "2023-11-14T22:13:20.000000Z",
        "reportingController": "oscar/scaler",
        "reportingInstance": "s-0",
        "action": "Rescale",
        "reason": "Rescaled",
        "type": "Normal",
        "note": "1 to 3",
        "regarding": {"kind": "Deployment", "name": "d", "namespace": SPACE},
    }
    api.create(EVENT_V1, event, SPACE, manager="test")
    core = api.get(EVENT, "e", SPACE)
    assert core["apiVersion"] == "v1"
    assert core["message"] == "1 to 3"
    assert core["involvedObject"]["name"] == "d"
    assert core["reportingComponent"] == "oscar/scaler"
    assert core["source"] == {}
    core_event = {**core, "metadata": {"name": "f"}, "count": 3}
    api.create(EVENT, core_event, SPACE, manager="test")
    shown = api.get(EVENT_V1, "f", SPACE)
    assert (shown["note"], shown["deprecatedCount"]) == ("1 to 3", 3)
    with pytest.raises(StatusError, match=r"message: Invalid value: .*: field is immutable"):
        api.patch(EVENT_V1, "f", SPACE, {"note": "later"}, manager="test")
    api.patch(EVENT, "f", SPACE, {"message": "later"}, manager="test")
    assert api.get(EVENT, "f", SPACE)["message"] == "later"
    assert [each["note"] for each in api.list(EVENT_V1)] == ["1 to 3", "later"]


def test_autoscalers_of_both_versions_are_the_same_objects(api: Api) -> None:
    target = {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"}
    spec = {"scaleTargetRef": target, "maxReplicas": 4, "targetCPUUtilizationPercentage": 55}
    api.create(HPA_V1, {"metadata": {"name": "h"}, "spec": spec}, SPACE, manager="test")
    metrics = api.get(HPA, "h", SPACE)["spec"]["metrics"]
    assert metrics[0]["resource"]["target"]["averageUtilization"] == 55
    shown = api.get(HPA_V1, "h", SPACE)
    assert shown["spec"] == {**spec, "minReplicas": 1}


def test_services_get_addresses_and_ports_of_their_own(api: Api) -> None:
    def create(name: str, **spec: Any) -> Obj:
        body = {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}
        made: Obj = api.create(SERVICE, body, SPACE, manager="test")["spec"]
        return made

    addresses = {create(f"s{number}")["clusterIP"] for number in range(20)}
    assert len(addresses) == 20
    assert create("headless", clusterIP="None")["clusterIPs"] == ["None"]
    open_port = create("open", type="NodePort")["ports"][0]["nodePort"]
    assert 30000 <= open_port <= 32767
    taken = [{"port": 80, "nodePort": open_port}]
    error = refusal(
        422,
        "Invalid",
        api.create,
        SERVICE,
        {"metadata": {"name": "late"}, "spec": {"type": "NodePort", "ports": taken}},
        SPACE,
        manager="test",
    )
    assert "provided port is already allocated" in error.message
    replaced = {"metadata": {"name": "s0", "namespace": SPACE}, "spec": {"ports": [{"port": 81}]}}
    before = api.get(SERVICE, "s0", SPACE)["spec"]["clusterIP"]
    assert api.update(SERVICE, replaced, manager="test")["spec"]["clusterIP"] == before


def test_a_node_registers_with_its_status(api: Api) -> None:
    node = {"metadata": {"name": "n"}, "status": {"capacity": {"cpu": "2"}}}
    assert api.create(NODE, node, manager="kubelet")["status"]["capacity"] == {"cpu": "2"}
