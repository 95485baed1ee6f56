"""Watches over HTTP: beginnings, selectors, ends, bookmarks, and readers that do not read."""

from __future__ import annotations

import json
import socket

import pytest

from shared.embedded.kinds import CONFIG_MAP
from shared.service.objects import Obj
from tests.shared.embedded.http.conftest import ADMIN, SPACE, Cluster
from tests.waiting import until

CONFIG_MAPS = f"/api/v1/namespaces/{SPACE}/configmaps"


def put(cluster: Cluster, name: str, app: str = "a", **data: str) -> Obj:
    """Create the ConfigMap, or change its label and data."""
    body = {"metadata": {"name": name, "labels": {"app": app}}, "data": data}
    if cluster.api.find(CONFIG_MAP, name, SPACE):
        return cluster.api.patch(CONFIG_MAP, name, SPACE, body, manager="test")
    return cluster.api.create(CONFIG_MAP, body, SPACE, manager="test")


async def test_without_a_version_the_present_comes_first(cluster: Cluster) -> None:
    put(cluster, "b")
    put(cluster, "a")
    async with cluster.watch(f"{CONFIG_MAPS}?watch=1") as stream:
        assert await stream.names(2) == [("ADDED", "a"), ("ADDED", "b")]
        put(cluster, "b", k="v")
        cluster.api.delete(CONFIG_MAP, "a", SPACE)
        assert await stream.names(2) == [("MODIFIED", "b"), ("DELETED", "a")]


async def test_from_a_version_all_that_followed_is_replayed(cluster: Cluster) -> None:
    then = put(cluster, "a")["metadata"]["resourceVersion"]
    put(cluster, "b")
    put(cluster, "a", k="v")
    cluster.api.delete(CONFIG_MAP, "b", SPACE)
    path = f"{CONFIG_MAPS}?watch=true&resourceVersion={then}&timeoutSeconds=1"
    async with cluster.watch(path) as stream:
        events = await stream.rest()
    assert [(event["type"], event["object"]["metadata"]["name"]) for event in events] == [
        ("ADDED", "b"),
        ("MODIFIED", "a"),
        ("DELETED", "b"),
    ]
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert versions == [int(then) + 1, int(then) + 2, int(then) + 3]
    assert all(event["object"]["kind"] == "ConfigMap" for event in events)


async def test_an_object_appears_and_vanishes_with_its_labels(cluster: Cluster) -> None:
    put(cluster, "x", app="b")
    async with cluster.watch(f"{CONFIG_MAPS}?watch=1&labelSelector=app%3Da") as stream:
        put(cluster, "x", app="a")
        put(cluster, "x", app="a", k="v")
        put(cluster, "x", app="c")
        put(cluster, "x", app="b")
        put(cluster, "y", app="a")
        assert await stream.names(3) == [("ADDED", "x"), ("MODIFIED", "x"), ("DELETED", "x")]
        assert await stream.names(1) == [("ADDED", "y")]


async def test_a_vanished_object_is_shown_as_it_was(cluster: Cluster) -> None:
    put(cluster, "x", app="a", k="v")
    async with cluster.watch(f"{CONFIG_MAPS}?watch=1&labelSelector=app%3Da") as stream:
        await stream.next()
        changed = put(cluster, "x", app="c", k="w")
        gone = await stream.next()
    assert gone is not None
    assert gone["object"]["data"] == {"k": "v"}
    assert gone["object"]["metadata"]["labels"] == {"app": "a"}
    version = changed["metadata"]["resourceVersion"]
    assert gone["object"]["metadata"]["resourceVersion"] == version


async def test_other_namespaces_and_kinds_do_not_show(cluster: Cluster) -> None:
    async with cluster.watch(f"{CONFIG_MAPS}?watch=1") as stream:
        for kind, name in (("Namespace", "other"),):
            await cluster.call("POST", "/api/v1/namespaces", named(kind, name))
        await cluster.call("POST", "/api/v1/namespaces/other/configmaps", named("ConfigMap", "o"))
        await cluster.call("POST", f"/api/v1/namespaces/{SPACE}/secrets", named("Secret", "s"))
        put(cluster, "seen")
        assert await stream.names(1) == [("ADDED", "seen")]


async def test_a_compacted_version_is_one_error_event() -> None:
    async with Cluster(history=5).running() as cluster:
        for number in range(8):
            put(cluster, f"n{number}")
        async with cluster.watch(f"{CONFIG_MAPS}?watch=1&resourceVersion=2") as stream:
            (event,) = await stream.rest()
    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")
    assert event["object"]["message"].startswith("too old resource version: 2 (")


async def test_bookmarks_tell_how_far_the_stream_is() -> None:
    async with Cluster(bookmark_interval=0.05).running() as cluster:
        put(cluster, "a")
        path = f"{CONFIG_MAPS}?watch=1&allowWatchBookmarks=true"
        async with cluster.watch(path) as stream:
            assert await stream.names(1) == [("ADDED", "a")]
            await cluster.call("POST", f"/api/v1/namespaces/{SPACE}/secrets", named("Secret", "s"))
            version = str(cluster.api.store.version)
            while True:
                bookmark = await stream.next()
                assert bookmark is not None
                assert bookmark["type"] == "BOOKMARK"
                if bookmark["object"]["metadata"]["resourceVersion"] == version:
                    break
            metadata = {"resourceVersion": version}
            assert bookmark["object"] == {
                "kind": "ConfigMap",
                "apiVersion": "v1",
                "metadata": metadata,
            }


async def test_without_asking_there_are_no_bookmarks() -> None:
    async with Cluster(bookmark_interval=0.01).running() as cluster:
        path = f"{CONFIG_MAPS}?watch=1&timeoutSeconds=1"
        async with cluster.watch(path) as stream:
            assert await stream.rest() == []


async def test_initial_events_end_with_a_marked_bookmark(cluster: Cluster) -> None:
    put(cluster, "a")
    path = (
        f"{CONFIG_MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
        "&allowWatchBookmarks=true"
    )
    async with cluster.watch(path) as stream:
        assert await stream.names(1) == [("ADDED", "a")]
        end = await stream.next()
        assert end is not None
        assert end["type"] == "BOOKMARK"
        assert end["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        put(cluster, "b")
        assert await stream.names(1) == [("ADDED", "b")]


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("sendInitialEvents=true", 422, "sendInitialEvents requires setting resourceVersionMatch"),
        ("resourceVersionMatch=Exact", 422, "resourceVersionMatch is forbidden for watch"),
        ("resourceVersion=abc", 500, 'resourceVersion: Invalid value: "abc"'),
        ("labelSelector=%3D%3D%3D", 400, "found '=='"),
        ("fieldSelector=data.x%3D1", 400, '"data.x" is not a known field selector'),
        ("timeoutSeconds=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        (f"timeoutSeconds={10**20}", 400, "value out of range"),
        ("sendInitialEvents=false", 422, "requires setting resourceVersionMatch to NotOlderThan"),
    ],
)
async def test_a_malformed_watch_is_refused(
    cluster: Cluster, query: str, status: int, message: str
) -> None:
    found, body = await cluster.call("GET", f"{CONFIG_MAPS}?watch=1&{query}")
    assert found == status
    assert message in body["message"]


async def test_a_stopping_server_ends_its_watches_in_order(cluster: Cluster) -> None:
    async with cluster.watch(f"{CONFIG_MAPS}?watch=1") as stream:
        put(cluster, "a")
        assert await stream.names(1) == [("ADDED", "a")]
        await cluster.server.stop()
        assert await stream.next() is None


async def test_a_reader_that_does_not_read_is_cut() -> None:
    async with Cluster(watch_backlog=50).running() as cluster:
        request = f"GET {CONFIG_MAPS}?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN}"
        idle = socket.create_connection(("127.0.0.1", cluster.port), timeout=20)
        idle.sendall(f"{request}\r\n\r\n".encode())
        async with cluster.watch(f"{CONFIG_MAPS}?watch=1") as healthy:
            seen = 0
            while len(cluster.open_watches()) != 1 or seen < 100:
                put(cluster, f"n{seen}", filler="x" * 200_000)
                seen += len(await healthy.names(1))
                assert seen < 1000
        with idle:
            received = read_all(idle)
    assert not received.endswith(b"0\r\n\r\n"), "the end of a stream that is complete"


def read_all(connection: socket.socket) -> bytes:
    received = bytearray()
    while chunk := connection.recv(1 << 20):
        received += chunk
    return bytes(received)


async def test_a_reader_that_leaves_is_forgotten(cluster: Cluster) -> None:
    async with cluster.watch(f"{CONFIG_MAPS}?watch=1") as stream:
        put(cluster, "a")
        await stream.next()
        assert len(cluster.open_watches()) == 1
    await until(lambda: not cluster.open_watches(), "no watch is open")


async def test_tables_stream_too(cluster: Cluster) -> None:
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    async with cluster.watch(f"{CONFIG_MAPS}?watch=1", accept) as stream:
        put(cluster, "a", k="v")
        put(cluster, "b")
        first, second = await stream.next(), await stream.next()
    assert first is not None
    assert second is not None
    assert first["object"]["kind"] == "Table"
    assert first["object"]["columnDefinitions"][0]["name"] == "Name"
    assert first["object"]["rows"][0]["cells"][:2] == ["a", "1"] or first["object"]["rows"][0][
        "cells"
    ][:2] == ["a", 1]
    assert not second["object"].get("columnDefinitions")


async def test_events_of_the_new_group_are_watched_in_its_form(cluster: Cluster) -> None:
    path = f"/apis/events.k8s.io/v1/namespaces/{SPACE}/events"
    event = {
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": SPACE},
        "message": "hello",
    }
    async with cluster.watch(f"{path}?watch=1&fieldSelector=regarding.name%3Dp") as stream:
        status, _ = await cluster.call("POST", f"/api/v1/namespaces/{SPACE}/events", event)
        assert status == 201
        seen = await stream.next()
    assert seen is not None
    assert seen["object"]["apiVersion"] == "events.k8s.io/v1"
    assert seen["object"]["note"] == "hello"


def named(kind: str, name: str) -> str:
    return json.dumps({"kind": kind, "apiVersion": "v1", "metadata": {"name": name}})
