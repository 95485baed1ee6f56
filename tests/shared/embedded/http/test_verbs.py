"""The verbs over HTTP: what deletes answer, how lists and versions go together, who owns what."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.access import rbac
from shared.embedded.kinds import CONFIG_MAP, DEPLOYMENT, NAMESPACE, REPLICA_SET, ROLE, ROLE_BINDING
from tests.shared.embedded.http.conftest import SPACE, Cluster

CORE = f"/api/v1/namespaces/{SPACE}"
APPS = f"/apis/apps/v1/namespaces/{SPACE}"
MAPS = f"{CORE}/configmaps"
APPLY, MERGE = "application/apply-patch+yaml", "application/merge-patch+json"
JSON_PATCH, STRATEGIC = "application/json-patch+json", "application/strategic-merge-patch+json"


def deployment(**spec: Any) -> dict[str, Any]:
    labels = {"app": "d"}
    pod = {"containers": [{"name": "c", "image": "i"}]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    own = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template, **spec}
    head = {"apiVersion": "apps/v1", "kind": "Deployment"}
    return {**head, "metadata": {"name": "d"}, "spec": own}


def config(name: str, **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": data}


async def fill(cluster: Cluster, count: int) -> None:
    for number in range(count):
        cluster.api.create(CONFIG_MAP, config(f"m{number}"), SPACE, manager="x")


@pytest.mark.parametrize(
    ("policy", "finalizers"), [("Foreground", ["foregroundDeletion"]), ("Orphan", ["orphan"])]
)
async def test_a_delete_that_waits_answers_the_object(
    cluster: Cluster, policy: str, finalizers: list[str]
) -> None:
    owner = cluster.api.create(DEPLOYMENT, deployment(), SPACE, manager="x")
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    reference["uid"] = owner["metadata"]["uid"]
    piece = {
        "metadata": {"name": "r", "ownerReferences": [reference]},
        "spec": deployment()["spec"],
    }
    cluster.api.create(REPLICA_SET, piece, SPACE, manager="x")
    options = {"propagationPolicy": policy}
    status, answer = await cluster.call("DELETE", f"{APPS}/deployments/d", options)
    assert (status, answer["kind"], answer["metadata"]["generation"]) == (200, "Deployment", 2)
    assert answer["metadata"]["finalizers"] == finalizers
    assert cluster.api.find(DEPLOYMENT, "d", SPACE) is None
    kept = cluster.api.find(REPLICA_SET, "r", SPACE)
    assert (kept is not None) is (policy == "Orphan")
    assert kept is None or "ownerReferences" not in kept["metadata"]


async def test_a_delete_that_is_done_answers_a_success(cluster: Cluster) -> None:
    await fill(cluster, 1)
    status, answer = await cluster.call("DELETE", f"{MAPS}/m0?dryRun=All")
    assert (status, answer["status"]) == (200, "Success")
    assert cluster.api.find(CONFIG_MAP, "m0", SPACE)
    # A body outweighs the query, and what it does not know it overlooks.
    status, answer = await cluster.call("DELETE", f"{MAPS}/m0?dryRun=All", {"foo": 1})
    assert (status, answer["details"]["name"]) == (200, "m0")
    assert cluster.api.find(CONFIG_MAP, "m0", SPACE) is None


async def test_a_namespace_is_answered_on_its_way_out(cluster: Cluster) -> None:
    for query, left in (("?dryRun=All", True), ("", False)):
        status, answer = await cluster.call("DELETE", f"/api/v1/namespaces/{SPACE}{query}")
        assert (status, answer["status"]) == (200, {"phase": "Terminating"})
        assert (cluster.api.find(NAMESPACE, SPACE) is not None) is left


async def test_nothing_comes_into_a_namespace_on_its_way_out(cluster: Cluster) -> None:
    held = {**config("m"), "metadata": {"name": "m", "finalizers": ["a.b/c"]}}
    cluster.api.create(CONFIG_MAP, held, SPACE, manager="x")
    await cluster.call("DELETE", f"/api/v1/namespaces/{SPACE}")
    patch = {"metadata": {"annotations": {"a": "b"}}}
    await cluster.call("PATCH", f"/api/v1/namespaces/{SPACE}", patch, content_type=MERGE)
    status, answer = await cluster.call("POST", MAPS, config("late"))
    assert (status, answer["details"]["causes"][0]["reason"]) == (403, "NamespaceTerminating")
    done = {"metadata": {"finalizers": None}}
    await cluster.call("PATCH", f"{MAPS}/m", done, content_type=MERGE)
    assert cluster.api.find(NAMESPACE, SPACE) is None


async def test_some_kinds_are_created_by_an_update(cluster: Cluster) -> None:
    service = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}
    status, made = await cluster.call("PUT", f"{CORE}/services/s", service)
    assert (status, made["metadata"]["name"]) == (201, "s")
    assert (await cluster.call("PUT", f"{CORE}/services/s", made))[0] == 200
    assert (await cluster.call("PUT", f"{MAPS}/m", config("m")))[0] == 404


async def test_who_creates_by_a_change_needs_the_right_to_create(cluster: Cluster) -> None:
    cluster.tokens.add("half", rbac.service_account(SPACE, "half"))
    rules = [{"apiGroups": ["", "apps"], "resources": ["*"], "verbs": ["patch", "update"]}]
    cluster.api.create(ROLE, {"metadata": {"name": "r"}, "rules": rules}, SPACE, manager="x")
    subject = {"kind": "ServiceAccount", "name": "half", "namespace": SPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    bound = {"metadata": {"name": "b"}, "subjects": [subject], "roleRef": role}
    cluster.api.create(ROLE_BINDING, bound, SPACE, manager="x")
    path = f"{APPS}/deployments/d?fieldManager=m"
    status, answer = await cluster.call(
        "PATCH", path, deployment(), content_type=APPLY, token="half"
    )
    assert (status, 'cannot create resource "deployments"' in answer["message"]) == (403, True)
    service = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}
    assert (await cluster.call("PUT", f"{CORE}/services/s", service, token="half"))[0] == 403
    cluster.api.create(DEPLOYMENT, deployment(), SPACE, manager="x")
    status, _ = await cluster.call("PATCH", path, deployment(), content_type=APPLY, token="half")
    assert status == 200


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("resourceVersionMatch=Exact", 422, "is forbidden unless resourceVersion is provided"),
        ("resourceVersion=0&resourceVersionMatch=Exact", 422, '"exact" is forbidden for resource'),
        ("resourceVersion=1&resourceVersionMatch=Most", 422, 'supported values: "Exact", "NotOld'),
        ("resourceVersion=1&resourceVersionMatch=Exact&continue=x", 422, "when continue is prov"),
        ("sendInitialEvents=true", 422, "sendInitialEvents is forbidden for list"),
        ("resourceVersion=abc", 400, 'invalid resource version: resourceVersion: Invalid value: "'),
        ("resourceVersion=99999999", 504, "Too large resource version: 99999999, current: "),
        ("limit=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("continue=abc", 400, "invalid character 'i' looking for beginning of value"),
        ("continue=eyJ2IjoibTIifQ&limit=1", 400, "continue key is not valid"),
    ],
)
async def test_lists_that_are_refused(
    cluster: Cluster, query: str, status: int, message: str
) -> None:
    found, answer = await cluster.call("GET", f"{MAPS}?{query}")
    assert (found, message in answer["message"]) == (status, True)


async def test_pages(cluster: Cluster) -> None:
    await fill(cluster, 5)

    async def names(query: str) -> tuple[list[str], dict[str, Any]]:
        status, answer = await cluster.call("GET", f"{MAPS}?{query}")
        assert status == 200, answer
        return [each["metadata"]["name"] for each in answer["items"]], answer["metadata"]

    first, metadata = await names("limit=2")
    assert (first, metadata["remainingItemCount"]) == (["m0", "m1"], 3)
    token = metadata["continue"]
    cluster.api.delete(CONFIG_MAP, "m3", SPACE)
    assert (await names(f"limit=2&continue={token}"))[0] == ["m2", "m3"]
    # From the server's cache, which knows no pages, comes all that is left.
    assert (await names("limit=2&resourceVersion=0"))[0] == ["m0", "m1", "m2", "m4"]
    assert (await names(f"limit=1&resourceVersion=0&continue={token}"))[0] == ["m2", "m3", "m4"]
    status, answer = await cluster.call("GET", f"{MAPS}?resourceVersion=3&continue={token}")
    assert (status, "not allowed when using continue" in answer["message"]) == (400, True)
    assert len((await names("limit=-1"))[0]) == 4
    selected, metadata = await names("limit=1&fieldSelector=metadata.name!=m0")
    assert (selected, "remainingItemCount" in metadata) == (["m1"], False)


async def test_an_object_of_a_version_to_come(cluster: Cluster) -> None:
    await fill(cluster, 1)
    status, answer = await cluster.call("GET", f"{MAPS}/m0?resourceVersion=99999999")
    assert (status, answer["details"]["retryAfterSeconds"]) == (504, 1)
    assert (await cluster.call("GET", f"{MAPS}/m0?resourceVersion=1"))[0] == 200
    assert (await cluster.call("GET", f"{MAPS}/m0?resourceVersion=x"))[0] == 500


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"metadata": {"resourceVersion": "1"}}, 409, "the object has been modified"),
        ({"metadata": {"resourceVersion": "x"}}, 500, 'ParseUint: parsing "x": invalid syntax'),
        ({"metadata": {"resourceVersion": "0"}}, 200, ""),
        ({"metadata": {"uid": "z"}}, 409, f"Key: /registry/configmaps/{SPACE}/m0, ResourceVersion"),
    ],
)
async def test_updates_of_what_is_not_there(
    cluster: Cluster, body: dict[str, Any], status: int, message: str
) -> None:
    await fill(cluster, 1)
    sent = {**body, "metadata": {"name": "m0", **body["metadata"]}}
    found, answer = await cluster.call("PUT", f"{MAPS}/m0", sent)
    assert (found, message in answer.get("message", "")) == (status, True)


async def test_what_is_created_has_no_version_yet(cluster: Cluster) -> None:
    body = {"metadata": {"name": "m", "resourceVersion": "1"}}
    status, answer = await cluster.call("POST", f"{MAPS}?dryRun=All", body)
    assert (status, answer["metadata"]["resourceVersion"]) == (201, "1")
    status, answer = await cluster.call("POST", MAPS, body)
    assert (status, answer["message"]) == (
        500,
        "resourceVersion should not be set on objects to be created",
    )


async def test_replicas_are_applied_through_the_scale(cluster: Cluster) -> None:
    cluster.api.create(DEPLOYMENT, deployment(), SPACE, manager="maker")
    path = f"{APPS}/deployments/d/scale?fieldManager=s"
    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "d"}}

    async def applied(replicas: int, more: str = "") -> tuple[int, Any]:
        body = {**scale, "spec": {"replicas": replicas}}
        return await cluster.call("PATCH", path + more, body, content_type=APPLY)

    def owners() -> dict[str, Any]:
        entries = cluster.api.get(DEPLOYMENT, "d", SPACE)["metadata"]["managedFields"]
        return {each["manager"]: each for each in entries}

    assert (await applied(2))[0] == 200  # the same number is owned together
    assert owners()["s"]["subresource"] == "scale"
    assert "time" not in owners()["s"]
    assert "f:replicas" in owners()["maker"]["fieldsV1"]["f:spec"]
    status, answer = await applied(5)
    what = 'Apply failed with 1 conflict: conflict with "maker" using apps/v1: .spec.replicas'
    assert (status, answer["message"]) == (409, what)
    assert (await applied(5, "&force=true"))[1]["spec"] == {"replicas": 5}
    assert "f:replicas" not in owners()["maker"]["fieldsV1"]["f:spec"]
    status, answer = await cluster.call("PATCH", path, {**scale, "kind": "X"}, content_type=APPLY)
    assert (status, answer["message"]) == (400, "invalid object type: autoscaling/v1, Kind=X")


@pytest.mark.parametrize(
    ("replicas", "shown"), [("3", "string"), (2**31, "number 2147483648"), (1.5, "number 1.5")]
)
async def test_replicas_that_are_no_number(cluster: Cluster, replicas: Any, shown: str) -> None:
    cluster.api.create(DEPLOYMENT, deployment(), SPACE, manager="maker")
    path, body = f"{APPS}/deployments/d/scale", {"spec": {"replicas": replicas}}
    status, answer = await cluster.call("PATCH", path, body, content_type=MERGE)
    why = f"json: cannot unmarshal {shown} into Go struct field ScaleSpec.spec.replicas of type int"
    assert (status, why in answer["message"]) == (422, True)
    _, current = await cluster.call("GET", path)
    status, answer = await cluster.call("PUT", path, {**current, **body})
    assert (status, why in answer["message"]) == (400, True)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON_PATCH, [{"op": "replace", "path": "/spec/replicas", "value": 3}]),
        (MERGE, {"spec": {"replicas": 3}}),
        (STRATEGIC, {"spec": {"replicas": 3}}),
    ],
)
async def test_a_scale_of_none_can_be_patched(
    cluster: Cluster, content_type: str, body: Any
) -> None:
    cluster.api.create(DEPLOYMENT, deployment(replicas=0), SPACE, manager="maker")
    path = f"{APPS}/deployments/d/scale"
    status, answer = await cluster.call("PATCH", path, body, content_type=content_type)
    assert (status, answer["spec"]) == (200, {"replicas": 3})


async def test_who_writes_a_status_may_write_most_metadata(cluster: Cluster) -> None:
    cluster.api.create(DEPLOYMENT, deployment(), SPACE, manager="maker")
    metadata = {"annotations": {"a": "b"}, "labels": {"l": "x"}, "finalizers": ["a.b/c"]}
    body = {"metadata": metadata, "spec": {"replicas": 9}, "status": {"replicas": 1}}
    path = f"{APPS}/deployments/d/status"
    status, answer = await cluster.call("PATCH", path, body, content_type=MERGE)
    assert (status, answer["spec"]["replicas"], answer["status"]) == (200, 2, {"replicas": 1})
    written = answer["metadata"]
    assert (written["annotations"], written["finalizers"]) == ({"a": "b"}, ["a.b/c"])
    assert "labels" not in written  # of a Deployment, these are its own


async def test_a_table_shows_what_it_is_asked_for(cluster: Cluster) -> None:
    await fill(cluster, 1)
    table = "application/json;as=Table;g=meta.k8s.io;v=v1"
    path = f"{MAPS}/m0?includeObject="
    status, answer = await cluster.call("GET", f"{path}Foo", accept=table)
    assert (status, answer["message"]) == (
        400,
        'Unable to convert to Table as requested: includeObject: Invalid value: "Foo": must be '
        "'Metadata', 'Object', 'None', or empty",
    )
    _, answer = await cluster.call("GET", f"{path}Object", accept=table)
    assert answer["rows"][0]["object"]["kind"] == "ConfigMap"
    _, answer = await cluster.call("PUT", f"{MAPS}/m0", config("m0", a="b"), accept=table)
    assert answer["rows"][0]["cells"][:2] == ["m0", 1]
    partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    _, answer = await cluster.call("DELETE", f"{MAPS}/m0", accept=partial)
    assert answer["kind"] == "Status"


async def test_the_older_paths_of_watches(cluster: Cluster) -> None:
    await fill(cluster, 2)
    path = f"/api/v1/watch/namespaces/{SPACE}/configmaps"
    async with cluster.watch(f"{path}?timeoutSeconds=30") as stream:
        assert await stream.names(2) == [("ADDED", "m0"), ("ADDED", "m1")]
    async with cluster.watch(f"{path}/m1?timeoutSeconds=30") as stream:
        assert await stream.names(1) == [("ADDED", "m1")]
        cluster.api.delete(CONFIG_MAP, "m0", SPACE)
        cluster.api.delete(CONFIG_MAP, "m1", SPACE)
        assert await stream.names(1) == [("DELETED", "m1")]
