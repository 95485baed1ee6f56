"""Exchanges recorded against kube-apiserver 1.36.2, sent again in order to the embedded server.

The controllers step only where the recording shows that they had stepped.

Where the recording itself is no model, DIFFERS says why and what is compared instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from shared.embedded.access import rbac
from shared.embedded.access.authentication import Tokens
from shared.embedded.api.operations import Api
from shared.embedded.controllers.manager import Controllers
from shared.embedded.http.server import ApiServer
from shared.embedded.kinds import CONFIG_MAP, NAMESPACE, POD, SECRET
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.runtime.clock import ManualClock
from tests.shared.embedded.http.replaying import (
    TOKEN,
    Player,
    differences,
    shape,
    unmanaged,
    without,
)

RECORDED = json.loads((Path(__file__).parent.parent / "exchanges.json").read_text())["exchanges"]
SPACE = "oscar-svc"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{SPACE}/deployments"

OLD_REPLICA_SET, NEW_REPLICA_SET = "67cb57f9bd", "55f5f6599b"
READY_POD, SECOND_POD = "nginx-dlp-55f5f6599b-ll5m7", "nginx-dlp-67cb57f9bd-kz5kt"

ACCOUNTS = "recorded without the admission of service accounts"
ACCOUNT = ("spec.serviceAccount", "spec.serviceAccountName")

DIFFERS: dict[int, tuple[str, tuple[str, ...]]] = {
    28: (f"{ACCOUNTS}, and without a scheduler", (*ACCOUNT, "status.conditions")),
    **dict.fromkeys((30, 33, 35), (ACCOUNTS, ACCOUNT)),
    31: ("the recorded controller lagged behind its pods", ("items.0.endpoints", "items.0.ports")),
    34: (
        "the recorded controller lagged behind its pods",
        ("items.0.endpoints", "items.0.ports", "items.0.metadata.generation"),
    ),
    37: (
        "a race of the recorded controllers made two ReplicaSets of ssa-dlp",
        ("items.0.status", "items.0.metadata.annotations"),
    ),
    40: ("the recorded server was behind its own store for a moment", ("stream",)),
    48: ("the recorder showed a later body", ("spec.holderIdentity", "spec.renewTime")),
    49: ("the recorder showed a later body", ("spec.holderIdentity", "spec.renewTime")),
    57: ("a race made two ReplicaSets of ssa-dlp", ("rows.1",)),
    58: ("a race made two ReplicaSets of ssa-dlp", ("rows",)),
}

FIRST_EVENT = (38, 39)
"""How many status updates follow the recorded change is a matter of the controllers' timing."""

_NAMES = (
    (re.compile(r"((?:nginx|ssa)-dlp)-[a-z0-9]{8,10}(-[a-z0-9]{5})?\b"), r"\1-<hash>\2"),
    (re.compile(r"(-<hash>|nginx-svc|scaler)-[a-z0-9]{5}$"), r"\1-<random>"),
)


class Replay(Player):
    """Our server, and what the recorder did to the other one between its requests."""

    def __init__(self, api: Api, controllers: Controllers, client: aiohttp.ClientSession) -> None:
        super().__init__(client, "recorder/1")
        self.api = api
        self.controllers = controllers

    async def answer(self, request: dict[str, Any]) -> tuple[int, str, Any]:
        """(status, content type, body) of a recorded request."""
        known = "accept" in request or "body" in request  # all but the one with a bad token
        status, headers, text = await self.send(request, token=TOKEN if known else "")
        return status, headers["Content-Type"][0], parse(text, request)

    async def patch(self, body: dict[str, Any]) -> None:
        """A change that the recorder made without recording it."""
        headers = {
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/merge-patch+json",
        }
        path = f"{DEPLOYMENTS}/nginx-dlp"
        async with self.client.patch(path, json=body, headers=headers) as response:
            assert response.status == 200

    def name_pods(self) -> None:
        """Pair the recorded pod names with ours: one of the new ReplicaSet, two of the old."""
        self.controllers.settle()
        pods = self.api.list(POD, SPACE, labels="app=oscar-svc-exp-nginx")
        by_hash: dict[str, list[str]] = {}
        for pod in pods:
            hashed = pod["metadata"]["labels"]["pod-template-hash"]
            by_hash.setdefault(hashed, []).append(pod["metadata"]["name"])
        new, old = sorted(by_hash.values(), key=len)
        assert (len(new), len(old)) == (1, 2)
        self.ours |= {READY_POD: new[0], SECOND_POD: old[0]}

    def run_second_pod(self) -> None:
        """The recorder had another pod running, but not ready."""
        name = self.ours[SECOND_POD]
        self.api.bind(name, SPACE, "n1")
        running = {"name": "nginx", "image": "nginx", "ready": False, "restartCount": 0}
        status = {"phase": "Running", "podIP": "127.0.1.2", "podIPs": [{"ip": "127.0.1.2"}]}
        body = {"status": {**status, "containerStatuses": [running]}}
        self.api.patch(POD, name, SPACE, body, subresource="status", manager="agent")

    async def rescale(self) -> None:
        """The recorder listed, changed the Deployment, and watched from the list's version."""
        self.controllers.settle()
        self.ours["833"] = str(self.api.store.version)
        await self.patch({"spec": {"replicas": 1}})
        self.controllers.settle()

    async def annotate(self) -> None:
        for number in range(3):
            await self.patch({"metadata": {"annotations": {"n": str(number)}}})
        self.controllers.settle()


def parse(text: str, request: dict[str, Any]) -> Any:
    if "watch=1" in request["path"] and not text.startswith('{"kind":"Status"'):
        return {"stream": [json.loads(line) for line in text.splitlines()]}
    try:
        return json.loads(text)
    except ValueError:
        return text


@asynccontextmanager
async def replaying(tmp_path: Path) -> AsyncIterator[Replay]:
    path = tmp_path / "store.db"
    fill_history(path)
    api = Api(Store(Journal(path)))
    server = ApiServer(api, Tokens({TOKEN: rbac.administrator()}))
    port = await server.start()
    controllers = Controllers(api, ManualClock(api.now()))
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            yield Replay(api, controllers, client)
    finally:
        await server.stop()
        api.store.close()


def fill_history(path: Path) -> None:
    """More than a hundred versions that the server, started again, knows nothing of."""
    api = Api(Store(Journal(path)))
    api.create(NAMESPACE, {"metadata": {"name": SPACE}}, manager="recorder")
    for number in range(70):
        name = f"filler-{number}"
        api.create(CONFIG_MAP, {"metadata": {"name": name}}, SPACE, manager="recorder")
        api.delete(CONFIG_MAP, name, SPACE)
    api.store.close()


def compare(index: int, recorded: dict[str, Any], own: tuple[int, str, Any]) -> list[str]:
    """What differs in one exchange."""
    status, content_type, body = own
    answer = recorded["response"]
    expected = {
        "status": answer["status"],
        "type": answer.get("headers", {}).get("Content-Type", "application/json"),
        "body": answer["body"],
    }
    found = {"status": status, "type": content_type, "body": unmanaged(body, answer["body"])}
    if index in FIRST_EVENT:
        for side in (expected, found):
            side["body"] = side["body"]["stream"][:1]
    for path in DIFFERS.get(index, ("", ()))[1]:
        expected, found = without(expected, f"body.{path}"), without(found, f"body.{path}")
    places = differences(shape(expected, _NAMES), shape(found, _NAMES))
    return [f"{index} ({recorded['note']}): {place}" for place in places]


async def test_recorded_exchanges(tmp_path: Path) -> None:
    wrong: list[str] = []
    async with replaying(tmp_path) as replay:
        # What happened between the recorded requests, by the number of the next one.
        before: dict[int, Callable[[], Any]] = {
            9: replay.controllers.settle,
            11: replay.controllers.settle,
            16: replay.controllers.settle,
            19: lambda: replay.patch({"metadata": {"annotations": {"x": "1"}}}),
            28: replay.name_pods,
            31: replay.run_second_pod,
            32: replay.controllers.settle,
            34: replay.controllers.settle,
            38: replay.rescale,
            42: replay.annotate,
            59: replay.controllers.settle,
        }
        for index, recorded in enumerate(RECORDED):
            due = before.get(index, lambda: None)()
            if due is not None and hasattr(due, "__await__"):
                await due
            if "request" in recorded:
                own = await replay.answer(recorded["request"])
                wrong += compare(index, recorded, own)
                replay.learn(recorded["response"]["body"], own[2])
            elif "status_after_wait" in recorded:
                assert replay.api.find(SECRET, "nginx-token", SPACE) is None
    assert not wrong, "\n".join(wrong)
