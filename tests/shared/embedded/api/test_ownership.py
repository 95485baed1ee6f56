"""Server-side apply and field ownership, told as short stories about one Deployment."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.api import ownership
from shared.embedded.api.operations import Api
from shared.embedded.errors import StatusError
from shared.embedded.kinds import CONFIG_MAP, DEPLOYMENT, NAMESPACE, SERVICE
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.service.objects import Obj

SPACE = "oscar-svc"


@pytest.fixture
def api() -> Api:
    api = Api(Store(Journal()), now=lambda: 1_700_000_000.0)
    api.create(NAMESPACE, {"metadata": {"name": SPACE}}, manager="test")
    return api


def deployment(**spec: Any) -> Obj:
    container = spec.pop("container", {"image": "i:1"})
    return {
        "metadata": {"name": "d"},
        "spec": {
            "selector": {"matchLabels": {"app": "d"}},
            "template": {
                "metadata": {"labels": {"app": "d"}},
                "spec": {"containers": [{"name": "c", **container}]},
            },
            **spec,
        },
    }


def apply(api: Api, config: Obj, manager: str = "one", *, force: bool = False) -> Obj:
    return api.patch(
        DEPLOYMENT, "d", SPACE, config, patch_type="apply", manager=manager, force=force
    )


def scale(api: Api, replicas: int, manager: str = "scaler") -> Obj:
    body = {"spec": {"replicas": replicas}}
    return api.patch(DEPLOYMENT, "d", SPACE, body, subresource="scale", manager=manager)


def owner(obj: Obj, manager: str, subresource: str = "") -> Obj:
    """The fieldsV1 of one entry, empty when there is none."""
    for entry in obj["metadata"]["managedFields"]:
        if (entry["manager"], entry.get("subresource", "")) == (manager, subresource):
            fields: Obj = entry["fieldsV1"]
            return fields
    return {}


def container(obj: Obj) -> Obj:
    found: Obj = obj["spec"]["template"]["spec"]["containers"][0]
    return found


def test_applying_the_same_again_writes_nothing(api: Api) -> None:
    first = apply(api, deployment())
    assert apply(api, deployment()) is not None
    assert api.get(DEPLOYMENT, "d", SPACE) == first


def test_a_field_that_is_no_longer_stated_goes(api: Api) -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    apply(api, deployment(container={"image": "i:1", "env": env, "readinessProbe": probe()}))
    after = apply(api, deployment(container={"image": "i:1", "env": env[:1]}))
    assert container(after)["env"] == env[:1]
    assert "readinessProbe" not in container(after), "with the defaults inside it"
    assert container(after)["imagePullPolicy"] == "IfNotPresent", "defaults stay"


def test_a_field_with_a_default_returns_to_it(api: Api) -> None:
    apply(api, deployment(revisionHistoryLimit=3))
    assert apply(api, deployment())["spec"]["revisionHistoryLimit"] == 10


def test_a_field_that_another_owns_too_stays(api: Api) -> None:
    apply(api, deployment(minReadySeconds=3))
    apply(api, deployment(minReadySeconds=3), "two")
    after = apply(api, deployment())
    assert after["spec"]["minReadySeconds"] == 3
    assert "f:minReadySeconds" not in owner(after, "one")["f:spec"]
    assert "f:minReadySeconds" in owner(after, "two")["f:spec"]


def test_the_fields_of_an_item_are_owned_one_by_one(api: Api) -> None:
    apply(api, deployment())
    extra = {"name": "c", "env": [{"name": "X", "value": "1"}]}
    only_env = {"spec": {"template": {"spec": {"containers": [extra]}}}}
    both = apply(api, {"metadata": {"name": "d"}, **only_env}, "two")
    assert container(both)["env"] == [{"name": "X", "value": "1"}]
    without = apply(api, {"metadata": {"name": "d"}}, "two")
    assert "env" not in container(without)
    assert container(without)["image"] == "i:1"
    assert owner(without, "two") == {}


def test_a_conflict_names_the_manager_and_the_field(api: Api) -> None:
    apply(api, deployment())
    with pytest.raises(StatusError) as refused:
        apply(api, deployment(container={"image": "i:2"}), "two")
    field = '.spec.template.spec.containers[name="c"].image'
    assert refused.value.code == 409
    assert refused.value.message == (f'Apply failed with 1 conflict: conflict with "one": {field}')
    assert refused.value.details == {
        "causes": [
            {
                "reason": "FieldManagerConflict",
                "message": 'conflict with "one"',
                "field": field,
            }
        ]
    }


def test_several_conflicts_are_listed(api: Api) -> None:
    apply(api, deployment(minReadySeconds=1))
    with pytest.raises(StatusError) as refused:
        apply(api, deployment(minReadySeconds=2, container={"image": "i:2"}), "two")
    assert refused.value.message == (
        'Apply failed with 2 conflicts: conflicts with "one":\n'
        "- .spec.minReadySeconds\n"
        '- .spec.template.spec.containers[name="c"].image'
    )


def test_force_takes_the_field(api: Api) -> None:
    apply(api, deployment(minReadySeconds=1))
    after = apply(api, deployment(minReadySeconds=2), "two", force=True)
    assert after["spec"]["minReadySeconds"] == 2
    assert "f:minReadySeconds" not in owner(after, "one")["f:spec"]
    apply(api, deployment())
    assert api.get(DEPLOYMENT, "d", SPACE)["spec"]["minReadySeconds"] == 2


def test_an_update_takes_what_it_changes(api: Api) -> None:
    apply(api, deployment(minReadySeconds=1))
    body = {"spec": {"minReadySeconds": 5}}
    after = api.patch(DEPLOYMENT, "d", SPACE, body, manager="editor")
    assert owner(after, "editor") == {"f:spec": {"f:minReadySeconds": {}}}
    with pytest.raises(StatusError, match='conflict with "editor" using apps/v1: '):
        apply(api, deployment(minReadySeconds=1))


def test_status_is_owned_apart(api: Api) -> None:
    apply(api, deployment())
    body = {"status": {"replicas": 3}}
    after = api.patch(DEPLOYMENT, "d", SPACE, body, subresource="status", manager="controller")
    assert owner(after, "controller", "status") == {"f:status": {"f:replicas": {}}}
    applied = apply(api, {**deployment(), "status": {"replicas": 9}})
    assert applied["status"]["replicas"] == 3
    assert "f:status" not in owner(applied, "one")


def test_the_scaler_owns_replicas_that_somebody_owned(api: Api) -> None:
    apply(api, deployment(replicas=2))
    scale(api, 4)
    after = api.get(DEPLOYMENT, "d", SPACE)
    assert owner(after, "scaler", "scale") == {"f:spec": {"f:replicas": {}}}
    assert "f:replicas" not in owner(after, "one")["f:spec"]
    conflict = 'conflict with "scaler" with subresource "scale" using apps/v1'
    with pytest.raises(StatusError, match=conflict):
        apply(api, deployment(replicas=2))
    assert apply(api, deployment())["spec"]["replicas"] == 4


def test_scaling_leaves_the_times_of_all_owners(api: Api) -> None:
    """As Kubernetes 1.36.2 answers after `kubectl create deployment`, `kubectl scale` twice."""
    first = apply(api, deployment(replicas=2))["metadata"]["managedFields"]
    for replicas in (4, 5):
        scale(api, replicas)
        entries = api.get(DEPLOYMENT, "d", SPACE)["metadata"]["managedFields"]
        times = {each["manager"]: each.get("time") for each in entries}
        assert times == {"one": first[0]["time"], "scaler": None}


def test_replicas_that_nobody_owned_stay_without_owner(api: Api) -> None:
    apply(api, deployment())
    scale(api, 4)
    assert owner(api.get(DEPLOYMENT, "d", SPACE), "scaler", "scale") == {}


def test_scaling_to_the_same_number_changes_no_owner(api: Api) -> None:
    before = apply(api, deployment(replicas=2))
    scale(api, 2)
    assert api.get(DEPLOYMENT, "d", SPACE) == before


def test_scaling_an_unowned_object_to_the_same_number_writes_nothing(api: Api) -> None:
    created = api.create(DEPLOYMENT, deployment(replicas=2), SPACE, manager="x")
    untracked = {**created, "metadata": {**created["metadata"], "managedFields": [{}]}}
    before = api.update(DEPLOYMENT, untracked, manager="x")
    scale(api, 2)
    assert api.get(DEPLOYMENT, "d", SPACE) == before


def test_an_object_without_owners_stays_untracked(api: Api) -> None:
    api.create(CONFIG_MAP, {"metadata": {"name": "m"}, "data": {"a": "1"}}, SPACE, manager="x")
    reset = {"metadata": {"name": "m", "namespace": SPACE, "managedFields": [{}]}}
    api.update(CONFIG_MAP, {**reset, "data": {"a": "1"}}, manager="x")
    after = api.patch(CONFIG_MAP, "m", SPACE, {"data": {"b": "2"}}, manager="y")
    assert "managedFields" not in after["metadata"]


def test_an_empty_list_of_owners_resets_nothing(api: Api) -> None:
    made = api.create(
        CONFIG_MAP, {"metadata": {"name": "m"}, "data": {"a": "1"}}, SPACE, manager="x"
    )
    body = {"metadata": {"managedFields": []}, "data": {"a": "2"}}
    after = api.patch(CONFIG_MAP, "m", SPACE, body, manager="x")
    assert owner(after, "x") == owner(made, "x") == {"f:data": {".": {}, "f:a": {}}}


def test_owners_can_be_renamed_by_who_writes_the_object(api: Api) -> None:
    """kubectl does so when it begins to apply on the server's side what it applied itself."""
    made = api.create(
        CONFIG_MAP, {"metadata": {"name": "m"}, "data": {"a": "1"}}, SPACE, manager="x"
    )
    entry = made["metadata"]["managedFields"][0]
    moved = [{**entry, "manager": "kubectl", "operation": "Apply"}]
    body = [{"op": "replace", "path": "/metadata/managedFields", "value": moved}]
    after = api.patch(CONFIG_MAP, "m", SPACE, body, patch_type="json", manager="z")
    assert [each["manager"] for each in after["metadata"]["managedFields"]] == ["kubectl"]
    junk = {"metadata": {"managedFields": [{"manager": 7}]}}
    assert api.patch(CONFIG_MAP, "m", SPACE, junk, manager="z")["metadata"] == after["metadata"]


def test_doubles_in_a_keyed_list_are_owned_as_one(api: Api) -> None:
    env = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "B", "value": "3"}]
    made = api.create(
        DEPLOYMENT, deployment(container={"image": "i", "env": env}), SPACE, manager="x"
    )
    container = owner(made, "x")["f:spec"]["f:template"]["f:spec"]["f:containers"]
    owned = next(iter(container.values()))["f:env"]
    assert owned['k:{"name":"A"}'] == {}
    assert owned['k:{"name":"B"}'] == {".": {}, "f:name": {}, "f:value": {}}


def test_service_ports_are_told_apart_by_port_and_protocol(api: Api) -> None:
    def service(*ports: Obj) -> Obj:
        return {"metadata": {"name": "s"}, "spec": {"ports": list(ports)}}

    def ports_of(config: Obj, manager: str) -> list[Any]:
        done = api.patch(SERVICE, "s", SPACE, config, patch_type="apply", manager=manager)
        return [(port["port"], port["protocol"]) for port in done["spec"]["ports"]]

    dns = ({"name": "t", "port": 53}, {"name": "u", "port": 53, "protocol": "UDP"})
    assert ports_of(service(*dns), "one") == [(53, "TCP"), (53, "UDP")]
    assert ports_of(service({"name": "w", "port": 80}), "two") == [
        (53, "TCP"),
        (53, "UDP"),
        (80, "TCP"),
    ]
    assert ports_of(service(dns[1]), "one") == [(53, "UDP"), (80, "TCP")]


@pytest.mark.parametrize(
    ("config", "code", "message"),
    [
        ({"metadata": {"name": "d", "managedFields": [{}]}}, 400, "managedFields must be nil"),
        (
            deployment(container={"image": "i", "env": [{"value": "1"}]}),
            500,
            'omits key field "name"',
        ),
    ],
)
def test_configurations_that_cannot_be_applied(
    api: Api, config: Obj, code: int, message: str
) -> None:
    with pytest.raises(StatusError, match=message) as refused:
        apply(api, config)
    assert refused.value.code == code


def probe() -> Obj:
    return {"httpGet": {"port": 80}}


LATER: dict[str, list[Obj]] = {
    "the writer's own field": [{"spec": {"replicas": 2}}],
    "another's field": [{"metadata": {"annotations": {"a": "2"}}}],
    "a new field": [{"metadata": {"labels": {"new": "1"}}}],
    "a field that goes": [{"spec": {"replicas": None}}],
    "nothing": [{}],
    "status": [{"status": {"replicas": 1}}, {"status": {"replicas": 2}}],
    "an item of a list": [
        {"status": {"conditions": [{"type": "Available", "status": "True"}]}},
        {"status": {"conditions": [{"type": "Available", "status": "False"}]}},
    ],
}


@pytest.mark.parametrize("bodies", LATER.values(), ids=LATER)
def test_writes_that_move_no_field_are_told_as_all_others(
    bodies: list[Obj], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such writes are known without reading what everybody owns; nothing else may differ."""

    def owners() -> list[Obj]:
        times = iter(range(1_700_000_000, 1_800_000_000))
        api = Api(Store(Journal()), now=lambda: next(times))
        api.create(NAMESPACE, {"metadata": {"name": SPACE}}, manager="test")
        api.create(DEPLOYMENT, deployment(replicas=1), SPACE, manager="writer")
        noted = {"metadata": {"annotations": {"a": "1"}}}
        api.patch(DEPLOYMENT, "d", SPACE, noted, manager="other")
        for body in bodies:
            api.patch(
                DEPLOYMENT, "d", SPACE, body, manager="writer",
                subresource="status" if "status" in body else "",
            )  # fmt: skip
        managed: list[Obj] = api.get(DEPLOYMENT, "d", SPACE)["metadata"]["managedFields"]
        return managed

    known = owners()
    monkeypatch.setattr(ownership, "_unmoved", lambda *_: False)
    assert known == owners()
