"""What each verb sends, and how the client finds cluster and credentials."""

from __future__ import annotations

import stat
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from shared.kube import errors
from shared.kube.client import KubeClient
from shared.kube.resources import CONFIGMAPS, DEPLOYMENTS, PODS
from tests.shared.kube.scripted import (
    Script,
    bookmark,
    event,
    item,
    listing,
    refuses,
    says,
    status,
    streams,
)


async def test_every_call_carries_token_and_user_agent(api: Script, kube: KubeClient) -> None:
    api.then(says(item("a")))
    assert await kube.get(CONFIGMAPS, "a", "ns") == item("a")
    call = api.calls[0]
    assert (call.method, call.path) == ("GET", "/api/v1/namespaces/ns/configmaps/a")
    assert call.headers["authorization"] == "Bearer sesame"
    assert call.headers["user-agent"] == "exposed-services (tester)"


async def test_list_joins_pages_under_the_last_version(api: Script, kube: KubeClient) -> None:
    api.then(
        says(listing(item("a"), version=5, token="one")),
        says(listing(item("b"), version=5, token="two")),
        says(listing(item("c"), version=5)),
    )
    whole = await kube.list(CONFIGMAPS, "ns", labels="oscar_service", limit=1)
    assert [one["metadata"]["name"] for one in whole["items"]] == ["a", "b", "c"]
    assert whole["metadata"] == {"resourceVersion": "5"}
    assert {(one["apiVersion"], one["kind"]) for one in whole["items"]} == {("v1", "ConfigMap")}
    assert [call.query.get("continue") for call in api.calls] == [None, "one", "two"]
    assert {call.query["limit"] for call in api.calls} == {"1"}
    assert {call.query["labelSelector"] for call in api.calls} == {"oscar_service"}


async def test_a_huge_list_comes_whole(api: Script, kube: KubeClient) -> None:
    for page in range(20):
        items = [item(f"p{page}-{i}", data={"x": "y" * 200}) for i in range(500)]
        api.then(says(listing(*items, token=str(page + 1) if page < 19 else "")))
    assert len((await kube.list(PODS))["items"]) == 10_000
    assert api.calls[0].query == {"limit": "500"}


async def test_a_list_whose_pages_expire_is_read_at_once(api: Script, kube: KubeClient) -> None:
    api.then(
        says(listing(item("a"), token="old")),
        refuses(410, "Expired"),
        says(listing(item("a"), item("b"))),
    )
    assert len((await kube.list(CONFIGMAPS, labels="x=y"))["items"]) == 2
    assert api.calls[2].query == {"labelSelector": "x=y"}


async def test_selectors_reach_the_server_as_written(api: Script, kube: KubeClient) -> None:
    api.otherwise = says(listing())
    await kube.list(PODS, labels="app in (a, b),x!=y+z", fields="status.phase!=Failed")
    query = api.calls[0].query
    assert query["labelSelector"] == "app in (a, b),x!=y+z"
    assert query["fieldSelector"] == "status.phase!=Failed"


async def test_writes_name_their_manager(api: Script, kube: KubeClient) -> None:
    api.otherwise = says(item("a"))
    await kube.create(CONFIGMAPS, item("a"), "ns")
    await kube.replace(CONFIGMAPS, item("a"), "ns")
    await kube.replace(DEPLOYMENTS, item("a"), "ns", "status")
    await kube.apply(DEPLOYMENTS, item("a"), "ns")
    assert [(call.method, call.path) for call in api.calls] == [
        ("POST", "/api/v1/namespaces/ns/configmaps"),
        ("PUT", "/api/v1/namespaces/ns/configmaps/a"),
        ("PUT", "/apis/apps/v1/namespaces/ns/deployments/a/status"),
        ("PATCH", "/apis/apps/v1/namespaces/ns/deployments/a"),
    ]
    assert {call.query["fieldManager"] for call in api.calls} == {"tester"}
    assert api.calls[0].headers["content-type"] == "application/json"
    applied = api.calls[3]
    assert applied.headers["content-type"] == "application/apply-patch+yaml"
    assert applied.query["force"] == "true"
    assert applied.body == {"apiVersion": "apps/v1", "kind": "Deployment"} | item("a")


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("merge", "application/merge-patch+json"),
        ("strategic", "application/strategic-merge-patch+json"),
        ("json", "application/json-patch+json"),
    ],
)
async def test_patch_names_its_type(
    api: Script, kube: KubeClient, kind: Any, content_type: str
) -> None:
    api.otherwise = says(item("a"))
    body: Any = [{"op": "remove", "path": "/x"}] if kind == "json" else {"x": None}
    await kube.patch(PODS, "a", body, "ns", kind=kind)
    assert api.calls[0].headers["content-type"] == content_type
    assert api.calls[0].body == body


async def test_scale_states_the_version_it_decided_on(api: Script, kube: KubeClient) -> None:
    api.then(says(item("a")), refuses(409, "Conflict"))
    await kube.scale("a-dlp", 3, "ns", resource_version=None)
    with pytest.raises(errors.Conflict):
        await kube.scale("a-dlp", 4, "ns", resource_version="77")
    assert api.calls[0].path == "/apis/apps/v1/namespaces/ns/deployments/a-dlp/scale"
    assert api.calls[0].body == {"spec": {"replicas": 3}}
    assert api.calls[1].body == {"spec": {"replicas": 4}, "metadata": {"resourceVersion": "77"}}


async def test_delete_sends_its_options(api: Script, kube: KubeClient) -> None:
    api.otherwise = says({"kind": "Status", "status": "Success"})
    await kube.delete(CONFIGMAPS, "a", "ns", propagation="Foreground", grace=0, uid="u1")
    assert api.calls[0].body == {
        "kind": "DeleteOptions",
        "apiVersion": "v1",
        "propagationPolicy": "Foreground",
        "gracePeriodSeconds": 0,
        "preconditions": {"uid": "u1"},
    }
    await kube.delete(CONFIGMAPS, "a", "ns", uid="u1", resource_version="7")
    assert api.calls[1].body["preconditions"] == {"uid": "u1", "resourceVersion": "7"}
    await kube.delete(CONFIGMAPS, "a", "ns")
    assert "preconditions" not in api.calls[2].body


async def test_a_taken_name_is_told_from_a_conflict(api: Script, kube: KubeClient) -> None:
    api.then(refuses(409, "AlreadyExists"), refuses(409, "Conflict"))
    with pytest.raises(errors.AlreadyExists):
        await kube.create(CONFIGMAPS, item("a"), "ns")
    with pytest.raises(errors.Conflict) as caught:
        await kube.replace(CONFIGMAPS, item("a"), "ns")
    assert not isinstance(caught.value, errors.AlreadyExists)


async def test_watch_asks_for_bookmarks_and_yields_events(api: Script, kube: KubeClient) -> None:
    sent = [event("ADDED", item("a", 11)), bookmark(12), event("ERROR", status(410, "Expired"))]
    api.then(streams(*sent))
    async with aclosing(
        kube.watch(PODS, "ns", resource_version="10", labels="a=b", timeout=60)
    ) as watch:
        assert [one async for one in watch] == sent
    assert api.calls[0].query == {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": "10",
        "timeoutSeconds": "60",
        "labelSelector": "a=b",
    }


async def test_a_watch_refused_with_410_is_expired(api: Script, kube: KubeClient) -> None:
    api.then(refuses(410, "Expired"))
    with pytest.raises(errors.Expired):
        await anext(kube.watch(PODS, "ns", resource_version="1"))


async def test_text_is_not_parsed(api: Script, kube: KubeClient) -> None:
    api.otherwise = says({"a": 1})
    assert await kube.text("/api/v1/namespaces/ns/pods/p/log?tailLines=5") == '{"a": 1}'
    assert api.calls[0].query == {"tailLines": "5"}


async def test_the_variable_kubeconfig_is_read_when_the_client_opens(
    api: Script, config_file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", config_file(api.url, token="other"))
    api.otherwise = says(item("a"))
    async with KubeClient.open(field_manager="t") as kube:
        await kube.get(CONFIGMAPS, "a", "ns")
    assert api.calls[0].headers["authorization"] == "Bearer other"


async def test_an_exec_plugin_gives_the_token(
    api: Script, config_file: Callable[..., str], tmp_path: Path
) -> None:
    plugin, count = tmp_path / "plugin", tmp_path / "count"
    plugin.write_text(
        "#!/bin/sh\n"
        f"echo run >>{count}\n"
        'printf \'{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":'
        f'{{"token":"%s","expirationTimestamp":"2020-01-01T00:00:00Z"}}}}\' "$(wc -l <{count})"\n'
    )
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    command = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": str(plugin),
        "interactiveMode": "Never",
    }
    api.otherwise = says(item("a"))
    async with KubeClient.open(
        field_manager="t", kubeconfig=config_file(api.url, exec=command)
    ) as kube:
        await kube.get(CONFIGMAPS, "a", "ns")
        await kube.get(CONFIGMAPS, "a", "ns")
    tokens = [call.headers["authorization"].split()[1] for call in api.calls]
    assert tokens == ["2", "3"]  # expired tokens are renewed before each call


async def test_a_token_replaced_on_disk_is_read_at_the_first_401(
    api: Script, config_file: Callable[..., str]
) -> None:
    async def knows(request: web.Request) -> web.StreamResponse:
        fresh = request.headers["Authorization"] == "Bearer new"
        answer = says(item("a")) if fresh else refuses(401, "Unauthorized")
        return await answer(request)

    api.otherwise = knows
    async with KubeClient.open(
        field_manager="t", kubeconfig=config_file(api.url, token="old")
    ) as kube:
        with pytest.raises(errors.Unauthorized):
            await kube.get(CONFIGMAPS, "a", "ns")
        assert len(api.calls) == 1  # it had not changed
        config_file(api.url, token="new")
        assert (await kube.get(CONFIGMAPS, "a", "ns"))["metadata"]["name"] == "a"
        await kube.replace(CONFIGMAPS, item("a"), "ns")
    assert len(api.calls) == 4


async def test_credentials_in_the_middle_of_being_replaced_leave_the_refusal(
    api: Script, config_file: Callable[..., str]
) -> None:
    api.otherwise = refuses(401, "Unauthorized")
    path = config_file(api.url, token="old")
    async with KubeClient.open(field_manager="t", kubeconfig=path) as kube:
        Path(path).unlink()
        with pytest.raises(errors.Unauthorized):
            await kube.get(CONFIGMAPS, "a", "ns")


async def test_a_pod_without_service_account_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")
    with pytest.raises(errors.NotConfigured, match=r"service account.*set KUBECONFIG"):
        async with KubeClient.open(field_manager="t"):
            pass


@pytest.mark.parametrize(
    "content", [None, "", "{", "a: [", "clusters: 3\ncurrent-context: x\n", "a: " + "[" * 5000]
)
async def test_an_unusable_kubeconfig_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "broken"
    if content is not None:
        path.write_text(content)
    with pytest.raises(errors.NotConfigured, match=f"{path}.*set KUBECONFIG"):
        async with KubeClient.open(field_manager="t", kubeconfig=str(path)):
            pass


async def test_a_proxy_of_the_environment_is_not_used_for_loopback(
    api: Script, config_file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    api.otherwise = says(item("a"))
    async with KubeClient.open(field_manager="t", kubeconfig=config_file(api.url)) as kube:
        assert await kube.get(CONFIGMAPS, "a", "ns") == item("a")
