"""The REST contract over HTTP, against the embedded API server with the rights of the manifests."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientResponse, encode_basic_auth
from aiohttp.test_utils import TestClient, TestServer

from gateway.management.access.credentials import Credentials
from gateway.management.app import application
from gateway.management.calls.handlers import LONGEST_WARNING, MOST_WARNINGS
from gateway.management.store.lifecycle import Lifecycle
from shared.embedded import kinds
from shared.kube.resources import DEPLOYMENTS
from shared.runtime.clock import ManualClock
from tests.gateway.management.cluster import NS, Cluster

Client = TestClient[Any, Any]
Body = dict[str, Any]
SERVICES = "/system/services"


async def ok(response: ClientResponse, status: int) -> str:
    text = await response.text()
    assert response.status == status, text
    return text


async def create(admin: Client, body: Body) -> None:
    assert await ok(await admin.post(SERVICES, json=body), 201) == ""


async def get(admin: Client, query: str = "") -> Body:
    answer: Body = json.loads(await ok(await admin.get(f"{SERVICES}/ocr{query}"), 200))
    return answer


async def test_no_services_are_an_empty_list(admin: Client) -> None:
    assert await ok(await admin.get(SERVICES), 200) == "[]"


async def test_a_created_service_is_answered_with_its_token(admin: Client, body: Body) -> None:
    await create(admin, body)
    answer = await get(admin)
    assert re.fullmatch("[0-9a-f]{64}", answer["token"])
    assert answer["expose"]["api_port"] == [5000]
    assert answer["environment"] == {"variables": {"MODE": "fast"}, "secrets": {}}
    assert answer["namespace"] == NS
    assert answer["input"] is None
    assert "deployment" not in answer
    listed = json.loads(await ok(await admin.get(SERVICES), 200))
    assert listed == [answer]


async def test_changes_are_logged(
    admin: Client, body: Body, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "gateway.management")
    await create(admin, body)
    await admin.post(SERVICES, json=body)  # refused: nothing changes
    await admin.delete(f"{SERVICES}/ocr")
    assert caplog.messages == ["service ocr created", "service ocr deleted"]


async def test_what_the_cluster_holds_after_a_create(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    await create(admin, body)
    token = (await get(admin))["token"]
    configmap = cluster.configmap("ocr")
    assert configmap["data"]["token_sha256"] == hashlib.sha256(token.encode()).hexdigest()
    secret = cluster.api.get(kinds.SECRET, "ocr-token", NS)
    assert base64.b64decode(secret["data"]["token"]).decode() == token
    assert cluster.deployment("ocr")["spec"]["replicas"] == 2
    assert cluster.names(kinds.SERVICE) == ["ocr-svc"]


async def test_json_is_read_whatever_the_content_type(admin: Client, body: Body) -> None:
    raw = json.dumps(body).encode()
    headers = {"Content-Type": "application/octet-stream"}
    await ok(await admin.post(SERVICES, data=raw, headers=headers), 201)


async def test_a_name_can_be_used_once(admin: Client, cluster: Cluster, body: Body) -> None:
    await create(admin, body)
    before = cluster.configmap("ocr")
    text = await ok(await admin.post(SERVICES, json=body | {"image": "other"}), 400)
    assert text == "A service with the provided name already exists"
    assert cluster.configmap("ocr") == before


async def test_the_name_of_a_foreign_configmap_cannot_be_used(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    foreign = {"metadata": {"name": "ocr"}, "data": {"theirs": "x"}}
    cluster.api.create(kinds.CONFIG_MAP, foreign, NS, manager="test")
    await ok(await admin.post(SERVICES, json=body), 400)
    await ok(await admin.put(SERVICES, json=body), 404)
    await ok(await admin.delete(f"{SERVICES}/ocr"), 404)
    assert cluster.configmap("ocr")["data"] == {"theirs": "x"}


async def test_all_problems_are_told_at_once_as_text(admin: Client, cluster: Cluster) -> None:
    wrong = {"name": "Bad Name", "expose": {"api_port": -1, "min_scale": 5, "max_scale": 3}}
    response = await admin.post(SERVICES, json=wrong)
    text = await ok(response, 400)
    assert response.content_type == "text/plain"
    assert text.startswith("The service specification is not valid: ")
    for field in ("name:", "image:", "script:", "expose.api_port:", "expose.max_scale:"):
        assert field in text
    assert cluster.names(kinds.CONFIG_MAP) == []


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"7", b'"x"', b"\xff"])
async def test_what_is_no_json_object_is_refused(admin: Client, raw: bytes) -> None:
    text = await ok(await admin.post(SERVICES, data=raw), 400)
    assert text.startswith("The service specification is not valid: ")


async def test_a_body_that_does_not_come_is_not_waited_for(cluster: Cluster) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    admin = Credentials("oscar", "secret")
    app = application(cluster.kube, Lifecycle(cluster.kube), admin, ManualClock(), 0.05)
    headers = {"Authorization": encode_basic_auth("oscar", "secret")}
    async with TestClient(TestServer(app), headers=headers) as client:
        text = await ok(await client.post(SERVICES, data=slowly()), 408)
    assert "within 0.05 s" in text


async def test_what_is_odd_is_told_in_warnings(admin: Client, body: Body) -> None:
    body["expose"]["NodePort"] = 30500
    response = await admin.post(SERVICES, json=body)
    await ok(response, 201)
    assert "bypasses authentication" in response.headers["Warning"]


async def test_a_node_port_that_is_taken_is_the_clients_problem_and_leaves_nothing(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    body["expose"] |= {"NodePort": 30500, "set_auth": False}
    await create(admin, body)
    text = await ok(await admin.post(SERVICES, json=body | {"name": "second"}), 400)
    assert "30500" in text
    assert cluster.names(kinds.CONFIG_MAP) == ["ocr"]
    assert cluster.names(kinds.SECRET) == ["ocr-token"]
    assert cluster.names(kinds.DEPLOYMENT) == ["ocr-dlp"]


async def test_put_replaces_all_but_token_and_size(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    await create(admin, body)
    before = await get(admin)
    cluster.scale("ocr", 4)
    changed = body | {"image": "registry/ocr:2", "token": "ab" * 32, "environment": {}}
    changed["expose"] = {"api_port": [8000], "max_scale": 9}
    assert await ok(await admin.put(SERVICES, json=changed), 204) == ""
    after = await get(admin)
    assert after["token"] == before["token"]
    assert after["expose"]["min_scale"] == 1
    assert after["expose"]["set_auth"] is False
    container = cluster.container("ocr")
    assert container["image"] == "registry/ocr:2"
    assert [port["containerPort"] for port in container["ports"]] == [8000]
    assert "MODE" not in [entry["name"] for entry in container["env"]]
    assert cluster.deployment("ocr")["spec"]["replicas"] == 4
    ports = cluster.api.get(kinds.SERVICE, "ocr-svc", NS)["spec"]["ports"]
    assert [port["targetPort"] for port in ports] == [8000]


async def test_put_right_after_create_keeps_the_size(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    await create(admin, body)
    await ok(await admin.put(SERVICES, json=body | {"image": "registry/ocr:2"}), 204)
    assert cluster.deployment("ocr")["spec"]["replicas"] == 2


async def test_put_of_an_unknown_service_is_404_and_empty(admin: Client, body: Body) -> None:
    assert await ok(await admin.put(SERVICES, json=body), 404) == ""


async def test_an_answer_can_be_put_back_and_changes_nothing(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    body["environment"]["secrets"] = {"KEY": "s3cret"}
    await create(admin, body)
    template = cluster.deployment("ocr")["spec"]["template"]
    answer = await get(admin)
    assert answer["environment"]["secrets"] == {"KEY": ""}
    await ok(await admin.put(SERVICES, json=answer), 204)
    assert cluster.deployment("ocr")["spec"]["template"] == template
    stored = cluster.api.get(kinds.SECRET, "ocr-env", NS)["data"]
    assert base64.b64decode(stored["KEY"]) == b"s3cret"


async def test_secrets_that_are_no_longer_defined_are_deleted(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    await create(admin, body | {"environment": {"secrets": {"KEY": "s3cret"}}})
    assert cluster.names(kinds.SECRET) == ["ocr-env", "ocr-token"]
    await ok(await admin.put(SERVICES, json=body), 204)
    assert cluster.names(kinds.SECRET) == ["ocr-token"]
    assert "envFrom" not in cluster.container("ocr")


async def test_put_can_end_and_renew_the_exposure(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    await create(admin, body)
    token = (await get(admin))["token"]
    hidden = {key: value for key, value in body.items() if key != "expose"}
    await ok(await admin.put(SERVICES, json=hidden), 204)
    assert cluster.names(kinds.DEPLOYMENT) == []
    assert cluster.names(kinds.SERVICE) == []
    assert (await get(admin))["expose"] == {}
    text = await ok(await admin.post(f"{SERVICES}/ocr/stop"), 400)
    assert text == 'service "ocr" is not exposed'
    await ok(await admin.put(SERVICES, json=body), 204)
    assert cluster.deployment("ocr")["spec"]["replicas"] == 2
    assert (await get(admin))["token"] == token


async def test_put_can_add_change_and_drop_node_ports(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    await create(admin, body)
    for node_port, kind in ((30500, "NodePort"), (30501, "NodePort"), (None, "ClusterIP")):
        body["expose"]["NodePort"] = node_port
        await ok(await admin.put(SERVICES, json=body), 204)
        spec = cluster.api.get(kinds.SERVICE, "ocr-svc", NS)["spec"]
        assert spec["type"] == kind
        assert spec["ports"][0].get("nodePort") == node_port


async def test_delete_takes_all_with_it(admin: Client, cluster: Cluster, body: Body) -> None:
    await create(admin, body)
    await create(admin, body | {"name": "other"})
    assert await ok(await admin.delete(f"{SERVICES}/ocr"), 204) == ""
    assert await ok(await admin.get(f"{SERVICES}/ocr"), 404) == ""
    assert await ok(await admin.delete(f"{SERVICES}/ocr"), 404) == ""
    assert cluster.names(kinds.CONFIG_MAP) == ["other"]
    assert cluster.names(kinds.SECRET) == ["other-token"]
    assert cluster.names(kinds.SERVICE) == ["other-svc"]
    assert cluster.names(kinds.DEPLOYMENT) == ["other-dlp"]


async def test_a_deleted_name_can_be_used_again_and_has_a_new_token(
    admin: Client, body: Body
) -> None:
    await create(admin, body)
    first = (await get(admin))["token"]
    await ok(await admin.delete(f"{SERVICES}/ocr"), 204)
    await create(admin, body)
    assert (await get(admin))["token"] != first


async def test_stop_and_start(admin: Client, cluster: Cluster, body: Body) -> None:
    await create(admin, body)
    cluster.scale("ocr", 4)
    stopped = json.loads(await ok(await admin.post(f"{SERVICES}/ocr/stop"), 200))
    assert (stopped["service_name"], stopped["state"]) == ("ocr", "stopped")
    assert stopped["reason"] == "Deployment is stopped."
    started = json.loads(await ok(await admin.post(f"{SERVICES}/ocr/start"), 200))
    assert started["state"] == "pending"
    assert cluster.deployment("ocr")["spec"]["replicas"] == 4


async def asleep(cluster: Cluster, name: str) -> None:
    """As the scaler puts a service to sleep."""
    marks = {"oscar.grycap.io/asleep-since": "1970-01-12T13:00:00Z"}
    body = {"metadata": {"annotations": marks}, "spec": {"replicas": 0}}
    await cluster.kube.patch(DEPLOYMENTS, f"{name}-dlp", body, NS)


async def test_what_sleeps_is_told_and_can_be_woken(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    await create(admin, body)
    await asleep(cluster, "ocr")
    state = json.loads(await ok(await admin.get(f"{SERVICES}/ocr/deployment"), 200))
    assert (state["state"], state["last_transition_time"]) == ("asleep", "1970-01-12T13:00:00Z")
    woken = json.loads(await ok(await admin.post(f"{SERVICES}/ocr/wake"), 202))
    assert woken["state"] == "pending"
    annotations = cluster.deployment("ocr")["metadata"]["annotations"]
    assert annotations["oscar.grycap.io/wake"] == "1970-01-12T13:46:40Z"
    assert cluster.deployment("ocr")["spec"]["replicas"] == 0  # the scaler's to change


async def test_a_wake_of_what_is_awake_counts_as_a_use(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    await create(admin, body)
    await ok(await admin.post(f"{SERVICES}/ocr/wake"), 202)
    annotations = cluster.deployment("ocr")["metadata"]["annotations"]
    assert annotations["oscar.grycap.io/wake"] == "1970-01-12T13:46:40Z"


async def test_what_somebody_stopped_is_not_woken(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    await create(admin, body)
    await asleep(cluster, "ocr")
    await ok(await admin.post(f"{SERVICES}/ocr/stop"), 200)
    text = await ok(await admin.post(f"{SERVICES}/ocr/wake"), 409)
    assert text.endswith("exposed start ocr, or POST /system/services/ocr/start")
    await ok(await admin.post(f"{SERVICES}/ocr/start"), 200)
    assert cluster.deployment("ocr")["spec"]["replicas"] == 2
    cluster.scale("ocr", 0)  # by kubectl
    await ok(await admin.post(f"{SERVICES}/ocr/wake"), 409)


async def test_restart_gives_the_pods_a_new_template(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    await create(admin, body)
    await ok(await admin.post(f"{SERVICES}/ocr/restart"), 200)
    annotations = cluster.deployment("ocr")["spec"]["template"]["metadata"]["annotations"]
    assert annotations["oscar.grycap.io/restarted-at"] == "1970-01-12T13:46:40Z"
    await ok(await admin.put(SERVICES, json=body), 204)  # which does not restart them again
    kept = cluster.deployment("ocr")["spec"]["template"]["metadata"]["annotations"]
    assert kept == annotations


async def test_the_state_is_embedded_when_asked_for(admin: Client, body: Body) -> None:
    await create(admin, body)
    alone = json.loads(await ok(await admin.get(f"{SERVICES}/ocr/deployment"), 200))
    embedded = (await get(admin, "?include=deployment"))["deployment"]
    assert embedded == {
        key: value for key, value in alone.items() if key not in ("service_name", "namespace")
    }
    assert embedded["state"] == "pending"
    listed = json.loads(await ok(await admin.get(f"{SERVICES}?include=deployment"), 200))
    assert listed[0]["deployment"] == embedded


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/stop"),
        ("POST", "/start"),
        ("POST", "/restart"),
        ("POST", "/wake"),
        ("GET", "/deployment"),
        ("GET", "/deployment/logs"),
    ],
)
async def test_an_unknown_service_is_404_and_empty(admin: Client, method: str, path: str) -> None:
    response = await admin.request(method, f"{SERVICES}/nothing{path}")
    assert await ok(response, 404) == ""


@pytest.mark.parametrize("name", ["a%2Fb", "-a", "a%20b", "a" * 64, "%E9", "..%2Fx"])
async def test_what_cannot_be_a_label_is_no_name(admin: Client, name: str) -> None:
    response = await admin.get(f"{SERVICES}/{name}")
    assert await ok(response, 400) == "invalid serviceName"


async def test_logs_of_a_service_without_pods(admin: Client, body: Body) -> None:
    await create(admin, body)
    answer = json.loads(await ok(await admin.get(f"{SERVICES}/ocr/deployment/logs"), 200))
    assert answer == {
        "service_name": "ocr",
        "available": False,
        "message": "The service has no pods.",
        "entries": [],
    }


async def test_forward_auth_by_token_sets_the_cookie_and_by_cookie_passes(
    admin: Client, anyone: Client, body: Body
) -> None:
    await create(admin, body)
    token = (await get(admin))["token"]
    path = f"{SERVICES}/ocr/auth"
    response = await anyone.get(path, headers={"X-Forwarded-Uri": f"/x?token={token}"})
    assert await ok(response, 200) == ""
    assert response.headers["Set-Cookie"].startswith(f"oscar_service_ocr_auth={token}; Path=/sys")
    cookie = {"Cookie": f"oscar_service_ocr_auth={token}"}
    await ok(await anyone.get(path, headers=cookie), 200)
    name = "oscar_service_ocr_auth"
    junk = "".join(f"{name}={number:064x}; " for number in range(60))
    await ok(await anyone.get(path, headers={"Cookie": f"{junk}{name}={token}"}), 200)
    await ok(await anyone.get(path, headers={"Cookie": junk}), 401)
    await ok(await admin.get(path), 200)


@pytest.mark.parametrize(
    ("scheme", "secure"),
    [("https", True), ("wss", True), ("HTTPS, http", True), ("ws", False), ("http, https", False)],
)
async def test_the_cookie_is_secure_where_the_client_came_by_tls(
    admin: Client, anyone: Client, body: Body, scheme: str, secure: bool
) -> None:
    """Traefik asks with ws and wss for WebSockets; proxies behind one another make a list."""
    await create(admin, body)
    token = (await get(admin))["token"]
    headers = {"X-Forwarded-Uri": f"/x?token={token}", "X-Forwarded-Proto": scheme}
    response = await anyone.get(f"{SERVICES}/ocr/auth", headers=headers)
    assert ("; Secure" in response.headers["Set-Cookie"]) is secure


async def test_forward_auth_refuses_and_does_not_tell_what_exists(
    admin: Client, anyone: Client, body: Body
) -> None:
    await create(admin, body)
    for name in ("ocr", "nothing"):
        for headers in ({}, {"Authorization": f"Bearer {'ab' * 32}"}):
            response = await anyone.get(f"{SERVICES}/{name}/auth", headers=headers)
            assert await ok(response, 401) == ""
    await ok(await admin.get(f"{SERVICES}/nothing/auth"), 404)


async def test_warnings_are_bounded(admin: Client, body: Body) -> None:
    """A head of fifty thousand lines is refused by whoever stands between, and the service made."""
    odd = {f"{'z' * 400}{number}": 1 for number in range(1000)}
    async with admin.post("/system/services", json=body | odd) as answer:
        assert answer.status == 201
        warned = answer.headers.getall("Warning")
    assert len(warned) == MOST_WARNINGS + 1
    assert warned[0] == '299 - "document: 1000 unknown fields are ignored"'
    assert warned[-1] == '299 - "and 1 more"'
    assert max(map(len, warned)) < 2 * LONGEST_WARNING


async def test_what_is_no_cursor_of_logs_is_refused(admin: Client, body: Body) -> None:
    await create(admin, body)
    logs = f"{SERVICES}/ocr/deployment/logs"
    text = await ok(await admin.get(logs, params={"after": "x"}), 400)
    assert text == "after: is no cursor; use the `next` of an answer, or 'start'"
    answer = json.loads(await ok(await admin.get(logs, params={"after": "start"}), 200))
    assert (answer["entries"], answer["next"]) == ([], "start")


async def test_a_service_that_nobody_reaches_is_not_ready(
    admin: Client, cluster: Cluster, body: Body
) -> None:
    """Its pods may run as well as they like without the Kubernetes Service."""
    await create(admin, body)
    assert (await get(admin, "?include=deployment"))["deployment"]["state"] == "pending"
    ready = {"status": {"replicas": 2, "readyReplicas": 2, "availableReplicas": 2}}
    place = (kinds.DEPLOYMENT, "ocr-dlp", NS)
    cluster.api.patch(*place, ready, subresource="status", manager="test")
    assert (await get(admin, "?include=deployment"))["deployment"]["state"] == "ready"
    cluster.api.delete(kinds.SERVICE, "ocr-svc", NS)
    alone = json.loads(await ok(await admin.get(f"{SERVICES}/ocr/deployment"), 200))
    listed = json.loads(await ok(await admin.get(f"{SERVICES}?include=deployment"), 200))
    for state in (alone, listed[0]["deployment"]):
        assert state["state"] == "failed"
        assert "Service ocr-svc" in state["reason"]
