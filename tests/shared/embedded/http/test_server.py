"""The server as a client meets it: tokens, rights, paths, media types, limits, errors."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from shared.embedded.access import rbac
from shared.embedded.kinds import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    CONFIG_MAP,
    DEPLOYMENT,
    NAMESPACE,
    NODE,
    POD,
    ROLE,
    ROLE_BINDING,
    SERVICE_ACCOUNT,
)
from shared.service.objects import Obj
from tests.shared.embedded.http.conftest import ADMIN, SPACE, Cluster

CONFIG_MAPS = f"/api/v1/namespaces/{SPACE}/configmaps"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{SPACE}/deployments"
JSON_PATCH, MERGE = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
APPLIED = "{apiVersion: v1, kind: ConfigMap"
SCALER = "the-token-of-the-scaler"


def configmap(name: str = "c", **data: str) -> Obj:
    return {"metadata": {"name": name}, "data": data}


def deployment() -> Obj:
    labels = {"app": "d"}
    container = {"name": "c", "image": "i"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {"metadata": {"name": "d"}, "spec": spec}


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer wrong", f"Basic {ADMIN}", f"Bearer {ADMIN} x", f"Bearer {ADMIN}x"],
)
@pytest.mark.parametrize("path", ["/api/v1/pods", "/version", "/healthz", "/nowhere"])
async def test_nothing_is_shown_without_a_token(cluster: Cluster, header: str, path: str) -> None:
    headers = {"Authorization": header} if header else {}
    async with cluster.client.get(path, headers=headers) as response:
        assert response.status == 401
        status = await response.json()
    assert (status["kind"], status["reason"], status["code"]) == ("Status", "Unauthorized", 401)


async def test_a_service_account_may_do_what_roles_say(cluster: Cluster) -> None:
    cluster.tokens.add(SCALER, rbac.service_account("oscar", "scaler"))
    cluster.api.create(DEPLOYMENT, deployment(), SPACE, manager="test")
    rule = {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["get", "patch"]}
    subject = {"kind": "ServiceAccount", "name": "scaler", "namespace": "oscar"}
    binding = {"metadata": {"name": "r"}, "roleRef": {"kind": "Role", "name": "r"}}
    patch = (f"{DEPLOYMENTS}/d/scale", {"spec": {"replicas": 2}})

    async def status(method: str, path: str, body: Any = None) -> int:
        code, _ = await cluster.call(method, path, body, token=SCALER, content_type=MERGE)
        return code

    assert await status("PATCH", *patch) == 403
    cluster.api.create(ROLE, {"metadata": {"name": "r"}, "rules": [rule]}, SPACE, manager="t")
    cluster.api.create(ROLE_BINDING, {**binding, "subjects": [subject]}, SPACE, manager="t")
    assert await status("PATCH", *patch) == 200
    assert await status("GET", f"{DEPLOYMENTS}/d/scale") == 200
    assert await status("GET", f"{DEPLOYMENTS}/d") == 403
    assert await status("PATCH", f"{DEPLOYMENTS}/d", {"spec": {"replicas": 2}}) == 403
    assert await status("GET", DEPLOYMENTS) == 403
    assert await status("GET", "/apis/apps/v1") == 200
    _, refused = await cluster.call("GET", "/api/v1/nodes", token=SCALER)
    assert refused["message"] == (
        'nodes is forbidden: User "system:serviceaccount:oscar:scaler" cannot list resource '
        '"nodes" in API group "" at the cluster scope'
    )
    cluster.api.delete(ROLE_BINDING, "r", SPACE)
    assert await status("PATCH", *patch) == 403


async def test_a_cluster_role_reaches_nodes_through_the_proxy(cluster: Cluster) -> None:
    cluster.tokens.add(SCALER, rbac.service_account("oscar", "scaler"))
    cluster.api.create(NODE, {"metadata": {"name": "n1"}}, manager="test")
    path = "/api/v1/nodes/n1/proxy/metrics/resource"
    rule = {"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]}
    subject = {"kind": "ServiceAccount", "name": "scaler", "namespace": "oscar"}
    binding = {"metadata": {"name": "r"}, "roleRef": {"kind": "ClusterRole", "name": "r"}}
    assert (await cluster.call("GET", path, token=SCALER))[0] == 403
    cluster.api.create(CLUSTER_ROLE, {"metadata": {"name": "r"}, "rules": [rule]}, manager="t")
    cluster.api.create(CLUSTER_ROLE_BINDING, {**binding, "subjects": [subject]}, manager="t")
    assert (await cluster.call("GET", path, token=SCALER))[0] == 404, "nobody serves it yet"
    cluster.server.providers.node_proxy = lambda node, rest: (
        "text/plain",
        f"{node} {rest}".encode(),
    )
    assert await cluster.call("GET", path, token=SCALER) == (200, "n1 metrics/resource")
    assert (await cluster.call("GET", "/api/v1/nodes/n2/proxy/x"))[0] == 404


async def test_metrics_come_from_the_node_agent(cluster: Cluster) -> None:
    def metrics(name: str, app: str) -> Obj:
        head = {"kind": "PodMetrics", "apiVersion": "metrics.k8s.io/v1beta1"}
        labels = {"app": app}
        metadata = {"name": name, "namespace": SPACE, "labels": labels}
        return {**head, "metadata": metadata, "containers": []}

    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{SPACE}/pods"
    assert await cluster.call("GET", path) == (404, "404 page not found\n")
    asked: list[str | None] = []

    def provide(namespace: str | None) -> list[Obj]:
        asked.append(namespace)
        return [metrics("a", "x"), metrics("b", "y")]

    cluster.server.providers.pod_metrics = provide
    _, found = await cluster.call("GET", f"{path}?labelSelector=app%3Dy")
    assert (found["kind"], found["apiVersion"]) == ("PodMetricsList", "metrics.k8s.io/v1beta1")
    assert [item["metadata"]["name"] for item in found["items"]] == ["b"]
    status, one = await cluster.call("GET", f"{path}/a")
    assert (status, one["kind"]) == (200, "PodMetrics")
    assert (await cluster.call("GET", f"{path}/c"))[0] == 404
    await cluster.call("GET", "/apis/metrics.k8s.io/v1beta1/pods")
    assert asked == [SPACE, SPACE, SPACE, None]
    assert (await cluster.call("POST", path, {}))[0] == 405


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("GET", "/nowhere", 404, ""),
        ("GET", "/apis/example.com/v1/things", 404, ""),
        ("GET", "/apis/apps/v2/deployments", 404, "NotFound"),
        ("HEAD", f"{DEPLOYMENTS}/d", 405, ""),
        ("HEAD", CONFIG_MAPS, 405, ""),
        ("GET", "/apis/apps/v1/gadgets", 404, "NotFound"),
        ("GET", f"{DEPLOYMENTS}/d/gears", 404, "NotFound"),
        ("GET", f"{CONFIG_MAPS}/c/status", 404, "NotFound"),
        ("GET", f"/api/v1/namespaces/{SPACE}/nodes", 404, "NotFound"),
        ("GET", "/api/v1/pods/p", 404, "NotFound"),
        ("POST", "/api/v1/pods", 405, "MethodNotAllowed"),
        ("POST", f"{CONFIG_MAPS}/c", 405, "MethodNotAllowed"),
        ("PUT", CONFIG_MAPS, 405, "MethodNotAllowed"),
        ("DELETE", "/api/v1/namespaces", 405, "MethodNotAllowed"),
        ("DELETE", f"{DEPLOYMENTS}/d/scale", 405, "MethodNotAllowed"),
    ],
)
async def test_paths_and_methods(
    cluster: Cluster, method: str, path: str, status: int, reason: str
) -> None:
    found, body = await cluster.call(method, path, {} if method in ("POST", "PUT") else None)
    assert found == status
    if reason:
        assert body["reason"] == reason
    else:
        assert body == ("" if method == "HEAD" else "404 page not found\n")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "message"),
    [
        ("{not json", "application/json", 400, "looking for beginning of object key string"),
        ("", "application/json", 400, "unexpected end of JSON input (<empty>)"),
        ("[1]", "application/json", 400, "the object provided is unrecognized"),
        ('{"data":{"k":5}}', "application/json", 400, "field ConfigMap.data of type string"),
        ('{"kind":"Pod"}', "application/json", 400, "cannot be handled as a ConfigMap"),
        ('{"apiVersion":"apps/v1"}', "application/json", 400, "the expected API version (v1)"),
        ('{"metadata":{"namespace":"no"}}', "application/json", 400, "not match the namespace"),
        ('{"metadata":7}', "application/json", 400, "of type v1.ObjectMeta"),
        ("{}", "application/json", 422, "name or generateName is required"),
        ("x", "text/plain", 415, "accepted media types include: application/json"),
        ("x", "application/cbor", 415, "the body of the request was in an unknown format"),
        ("a: [", "application/yaml", 400, "error parsing YAML"),
        ("a: &x [1]\nb: !!binary aGk=", "application/yaml", 400, "no JSON form"),
    ],
)  # fmt: skip
async def test_bodies_that_are_refused(
    cluster: Cluster, body: str, content_type: str, status: int, message: str
) -> None:
    found, answer = await cluster.call("POST", CONFIG_MAPS, body, content_type=content_type)
    assert found == status
    assert message in answer["message"]


async def test_aliases_cannot_multiply_without_bound(cluster: Cluster) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    bomb = "\n".join(lines)
    status, answer = await cluster.call("POST", CONFIG_MAPS, bomb, content_type="application/yaml")
    assert status == 400
    assert "it expands to more than 200000 values" in answer["message"]


async def test_yaml_is_taken(cluster: Cluster) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yes-man}\ndata:\n  day: '1'\n"
    status, made = await cluster.call("POST", CONFIG_MAPS, text, content_type="application/yaml")
    assert (status, made["data"]) == (201, {"day": "1"})


async def test_a_body_has_a_limit(cluster: Cluster) -> None:
    status, answer = await cluster.call("POST", CONFIG_MAPS, "x" * (3 * 1024 * 1024 + 1))
    assert (status, answer["reason"]) == (413, "RequestEntityTooLarge")
    assert answer["kind"] == "Status"


@pytest.mark.parametrize(
    ("accept", "status", "kind"),
    [
        ("", 200, "ConfigMapList"),
        ("*/*", 200, "ConfigMapList"),
        ("application/vnd.kubernetes.protobuf,application/json", 200, "ConfigMapList"),
        ("application/json;as=Table;v=v1;g=meta.k8s.io", 200, "Table"),
        ("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", 200, "ConfigMapList"),
        (
            "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
            200,
            "PartialObjectMetadataList",
        ),
        ("application/cbor", 406, "Status"),
        ("text/html", 406, "Status"),
    ],
)
async def test_forms_of_an_answer(cluster: Cluster, accept: str, status: int, kind: str) -> None:
    await cluster.call("POST", CONFIG_MAPS, configmap(a="1"))
    found, body = await cluster.call("GET", CONFIG_MAPS, accept=accept)
    assert (found, body["kind"]) == (status, kind)
    if kind == "PartialObjectMetadataList":
        (item,) = body["items"]
        assert item.keys() == {"kind", "apiVersion", "metadata"}
    if kind == "ConfigMapList":
        assert body["items"][0].keys() == {"metadata", "data"}, "items do not repeat their type"


async def test_objects_go_through_all_verbs(cluster: Cluster) -> None:
    path = f"{CONFIG_MAPS}/c"
    status, made = await cluster.call("POST", f"{CONFIG_MAPS}?fieldManager=me", configmap(a="1"))
    assert (status, made["metadata"]["managedFields"][0]["manager"]) == (201, "me")
    status, put = await cluster.call("PUT", path, {**made, "data": {"a": "2"}})
    assert (status, put["data"]) == (200, {"a": "2"})
    assert (await cluster.call("PUT", path, {**made, "data": {}}))[0] == 409
    wrong = {**put, "metadata": {**put["metadata"], "name": "other"}}
    status, refused = await cluster.call("PUT", path, wrong)
    assert (
        "the name of the object (other) does not match the name on the URL (c)"
        in refused["message"]
    )
    status, listed = await cluster.call("DELETE", f"{CONFIG_MAPS}?labelSelector=x")
    assert (status, listed["items"]) == (200, [])
    status, gone = await cluster.call("DELETE", f"{CONFIG_MAPS}?fieldSelector=metadata.name%3Dc")
    assert (status, [item["data"] for item in gone["items"]]) == (200, [{"a": "2"}])
    assert (await cluster.call("GET", path))[0] == 404


async def test_the_manager_defaults_to_the_user_agent(cluster: Cluster) -> None:
    headers = {"Authorization": f"Bearer {ADMIN}", "User-Agent": "editor/1.2 (x)"}
    async with cluster.client.post(CONFIG_MAPS, json=configmap(a="1"), headers=headers) as made:
        fields = (await made.json())["metadata"]["managedFields"]
    assert fields[0]["manager"] == "editor"


@pytest.mark.parametrize(
    ("query", "body", "content_type", "status", "message"),
    [
        ("", "[]", JSON_PATCH, 200, ""),
        ("", "{}", JSON_PATCH, 400, "cannot unmarshal object into Go value of type []handlers."),
        ("", '["x"]', JSON_PATCH, 400, "string into Go value of type handlers.jsonPatchOp"),
        ("", '[{"op":"remove","path":"/no"}]', JSON_PATCH, 422, "the server rejected our request"),
        ("", "[" + ",".join(["{}"] * 10_001) + "]", JSON_PATCH, 413, "in a JSON patch is 10000, "),
        ("", '[{"op":"replace","path":"/data/b","value":"1"}]', JSON_PATCH, 200, '"b": "1"'),
        ("", '[{"op":"remove","path":"/metadata"}]', JSON_PATCH, 400, "no object with metadata"),
        ("", '"x"', MERGE, 400, "cannot unmarshal string into Go value of type map[string]int"),
        ("", "{", MERGE, 400, "error decoding patch"),
        ("", '{"data":{"a":7}}', MERGE, 422, "cannot unmarshal number"),
        ("", '{"data":{"a":7}}', STRATEGIC, 422, 'map[data:map[a:7]]": unrecognized type: string'),
        ("", '{"data":[]}', STRATEGIC, 422, "cannot restore map from slice"),
        ("", '{"metadata":{"$patch":"x"}}', STRATEGIC, 500, "unknown patch type: x in map: map[$p"),
        ("", '{"data":{"$retainKeys":["b"],"a":"1"}}', STRATEGIC, 400, "format of retainKeys"),
        ("", '{"metadata":{"uid":"z"}}', MERGE, 422, 'metadata.uid: Invalid value: "z": field is'),
        ("", '{"metadata":{"resourceVersion":"z"}}', MERGE, 500, 'ParseUint: parsing "z"'),
        ("?force=true", "{}", MERGE, 422, "may not be specified for non-apply patch"),
        ("?dryRun=Some", "{}", MERGE, 422, 'supported values: "All"'),
        ("?fieldManager=" + "x" * 129, "{}", MERGE, 422, "may not be more than 128 bytes"),
        ("?fieldManager=m", "- 1", APPLY, 400, "not an object with metadata"),
        ("?fieldManager=m", "{}", APPLY, 400, "invalid object type: /, Kind="),
        ("?fieldManager=m", APPLIED + "}", APPLY, 200, ""),
        ("?fieldManager=m", APPLIED + ", metadata: {name: x}}", APPLY, 400, "does not match the"),
        ("?fieldManager=m", APPLIED + ", metadata: {uid: x}}", APPLY, 422, "field is immutable"),
        ("?fieldManager=m", APPLIED + ", data: {a: 7}}", APPLY, 500, "(/; /v1, Kind=ConfigMap): "
         ".data.a: expected string, got &value.valueUnstructured{Value:7}"),
    ],
)  # fmt: skip
async def test_patches(
    cluster: Cluster, query: str, body: str, content_type: str, status: int, message: str
) -> None:
    await cluster.call("POST", CONFIG_MAPS, configmap(a="1"))
    path = f"{CONFIG_MAPS}/c{query}"
    found, answer = await cluster.call("PATCH", path, body, content_type=content_type)
    assert (found, message in json.dumps(answer) or message in answer["message"]) == (status, True)


@pytest.mark.parametrize(
    ("query", "body", "status", "message"),
    [
        ("?propagationPolicy=Sideways", None, 422, "supported values"),
        ("", {"propagationPolicy": "Sideways"}, 422, "supported values"),
        ("?gracePeriodSeconds=x", None, 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("", {"gracePeriodSeconds": "x"}, 400, "DeleteOptions.gracePeriodSeconds of type int64"),
        ("", {"preconditions": {"uid": "no"}}, 409, 'on ConfigMap "c": the UID in the precondit'),
        ("", {"kind": "ConfigMap"}, 400, 'no kind "ConfigMap" is registered for version'),
        ("", {"propagationPolicy": "Orphan", "orphanDependents": True}, 422, "cannot be both set"),
        ("", "[]", 400, "not an object"),
    ],
)
async def test_deletes_that_are_refused(
    cluster: Cluster, query: str, body: Any, status: int, message: str
) -> None:
    await cluster.call("POST", CONFIG_MAPS, configmap())
    found, answer = await cluster.call("DELETE", f"{CONFIG_MAPS}/c{query}", body)
    assert found == status
    assert message in answer["message"]
    assert cluster.api.find(CONFIG_MAP, "c", SPACE)


async def test_dry_runs_change_nothing(cluster: Cluster) -> None:
    version = cluster.api.store.version
    assert (await cluster.call("POST", f"{CONFIG_MAPS}?dryRun=All", configmap()))[0] == 201
    await cluster.call("DELETE", f"/api/v1/namespaces/{SPACE}", {"dryRun": ["All"]})
    assert cluster.api.store.version == version
    assert cluster.api.find(NAMESPACE, SPACE)


async def test_pods_are_bound_and_evicted(cluster: Cluster) -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    cluster.api.create(POD, pod, SPACE, manager="test")
    path = f"/api/v1/namespaces/{SPACE}/pods/p"
    status, _ = await cluster.call("POST", f"{path}/binding", {"target": {"name": "n1"}})
    assert status == 201
    assert cluster.api.get(POD, "p", SPACE)["spec"]["nodeName"] == "n1"
    assert (await cluster.call("POST", f"{path}/binding", {"target": {}}))[0] == 500
    assert (await cluster.call("POST", f"{path}/eviction", {}))[0] == 201
    assert "deletionTimestamp" in cluster.api.get(POD, "p", SPACE)["metadata"]


async def test_reviews_tell_who_one_is_and_what_one_may(cluster: Cluster) -> None:
    cluster.tokens.add(SCALER, rbac.service_account("oscar", "scaler"))
    _, me = await cluster.call(
        "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, token=SCALER
    )
    assert me["status"]["userInfo"]["username"] == "system:serviceaccount:oscar:scaler"
    asked = {"spec": {"resourceAttributes": {"verb": "list", "resource": "pods"}}}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    for token, allowed in ((SCALER, False), (ADMIN, True)):
        status, review = await cluster.call("POST", path, asked, token=token)
        assert (status, review["status"]["allowed"]) == (201, allowed)
    assert (await cluster.call("POST", path, {"spec": {}}))[0] == 400


async def test_a_service_account_gets_a_token_that_works(cluster: Cluster) -> None:
    cluster.api.create(SERVICE_ACCOUNT, {"metadata": {"name": "robot"}}, SPACE, manager="test")
    path = f"/api/v1/namespaces/{SPACE}/serviceaccounts/robot/token"
    status, granted = await cluster.call("POST", path, {"spec": {"expirationSeconds": 600}})
    assert status == 201
    token = granted["status"]["token"]
    _, me = await cluster.call(
        "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, token=token
    )
    assert me["status"]["userInfo"]["username"] == f"system:serviceaccount:{SPACE}:robot"
    assert (await cluster.call("POST", path, {"spec": {"expirationSeconds": 5}}))[0] == 422
    assert (await cluster.call("POST", path.replace("robot", "nobody"), {}))[0] == 404


async def test_an_error_of_ours_is_a_status_without_its_reason(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(cluster.api, "get", broken)
    status, answer = await cluster.call("GET", f"{CONFIG_MAPS}/c")
    assert (status, answer["reason"]) == (500, "InternalError")
    assert "secret detail" not in json.dumps(answer)
    assert "secret detail" in caplog.text


async def test_a_port_that_is_taken_is_an_error(cluster: Cluster) -> None:
    port = cluster.server._runner.addresses[0][1]  # type: ignore[union-attr]
    other = Cluster()
    with pytest.raises(OSError, match="address already in use"):
        await other.server.start(port=port)
    await other.server.stop()


async def test_a_stopped_server_refuses_connections(cluster: Cluster) -> None:
    await cluster.server.stop()
    with pytest.raises(aiohttp.ClientConnectorError):
        await cluster.call("GET", "/healthz")
