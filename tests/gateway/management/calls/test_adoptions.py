"""The calls upon a service that an OSCAR manager made, as it stands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.embedded import kinds
from tests.gateway.management.cluster import NS
from tests.gateway.management.managed import Managed, managed
from tests.shared.service.manager import SCRIPT, TOKEN, Made

PATH = "/system/services/ocr"
BODY = {"name": "ocr", "image": "i", "script": "s", "expose": {"api_port": 1}}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Managed]:
    async with managed(tmp_path) as world:
        yield world


async def asked(world: Managed, method: str, path: str = PATH, **kw: Any) -> tuple[int, Any]:
    async with world.client.request(method, path, **kw) as answer:
        text = await answer.text()
        is_json = answer.content_type == "application/json"
        return answer.status, await answer.json() if is_json else text


def theirs(world: Managed) -> dict[str, Any]:
    return world.cluster.api.get(kinds.DEPLOYMENT, "ocr-dpl", NS)


async def test_it_is_listed_and_read_with_its_token_and_state(world: Managed) -> None:
    await world.make(Made(set_auth=True, secrets={"KEY": "s3cret"}))
    _, one = await asked(world, "GET", PATH + "?include=deployment")
    assert (one["name"], one["token"], one["script"]) == ("ocr", TOKEN, SCRIPT)
    assert one["deployment"]["state"] == "ready"
    assert one["environment"]["secrets"] == {"KEY": ""}
    _, several = await asked(world, "GET", "/system/services?include=deployment")
    assert several == [one]
    _, state = await asked(world, "GET", PATH + "/deployment")
    assert (state["state"], state["active_instances"]) == ("ready", 1)
    (pod,) = world.pods().values()
    world.cluster.logs[pod["metadata"]["name"]] = "2026-01-01T00:00:00Z hello\n"
    _, logs = await asked(world, "GET", PATH + "/deployment/logs")
    assert logs["entries"] == [{"message": "hello"}]


async def test_one_that_is_not_exposed_is_listed(world: Managed) -> None:
    await world.make(Made(exposed=False))
    _, (one,) = await asked(world, "GET", "/system/services")
    assert (one["name"], one["expose"]) == ("ocr", {})


async def test_it_is_stopped_started_and_restarted(world: Managed) -> None:
    await world.make(Made(replicas=2))
    status, state = await asked(world, "POST", PATH + "/stop")
    assert (status, state["state"]) == (200, "stopped")
    annotations = theirs(world)["metadata"]["annotations"]
    assert annotations["oscar.grycap.io/previous-replicas"] == "2"
    await world.settled(0)
    await asked(world, "POST", PATH + "/start")
    await world.settled(2)
    assert theirs(world)["spec"]["replicas"] == 2
    status, _ = await asked(world, "POST", PATH + "/restart")
    assert status == 200
    template = theirs(world)["spec"]["template"]["metadata"]
    assert "oscar.grycap.io/restarted-at" in template["annotations"]


@pytest.mark.parametrize("route", ["ingress", "httproute"])
async def test_deleting_it_leaves_nothing_of_it_and_all_of_others(
    world: Managed, route: str
) -> None:
    await world.make(Made("other", secrets={"KEY": "x"}, set_auth=True, route=route))
    others = world.names()
    await world.make(Made(secrets={"KEY": "s3cret"}, set_auth=True, route=route))
    assert await asked(world, "DELETE") == (204, "")
    assert world.names() == others
    await world.settled(1)


async def test_one_whose_definition_is_broken_can_be_deleted(world: Managed) -> None:
    await world.make(Made())
    configmap = world.cluster.configmap("ocr")
    configmap["data"]["function_config.yaml"] = "name: ocr\ntoken: x\nexpose: {api_port: no}\n"
    world.cluster.api.update(kinds.CONFIG_MAP, configmap, manager="oscar")
    assert await asked(world, "DELETE") == (204, "")
    assert world.names() == set()


async def test_a_new_definition_is_refused_with_the_remedy_until_it_is_ours(world: Managed) -> None:
    await world.make(Made())
    before = {str(obj) for obj in world.all()}
    status, text = await asked(world, "PUT", "/system/services", json=BODY)
    assert status == 409
    assert "exposed adopt ocr" in text
    status, text = await asked(world, "POST", "/system/services", json=BODY)
    assert (status, text) == (400, "A service with the provided name already exists")
    assert {str(obj) for obj in world.all()} == before
    await world.adopt()
    assert (await asked(world, "PUT", "/system/services", json=BODY))[0] == 204


async def test_its_secret_of_the_name_of_a_token_is_no_token(world: Managed) -> None:
    await world.make(Made("ocr-token", secrets={"token": "f" * 64}))
    await world.make(Made(exposed=False))
    _, one = await asked(world, "GET")
    assert one["token"] == TOKEN
    _, several = await asked(world, "GET", "/system/services")
    assert {each["token"] for each in several} == {TOKEN}
    status, text = await asked(world, "POST", PATH + "/adopt")
    assert (status, "Secret ocr-token" in text) == (409, True)
