"""A further 413 exchanges of kube-apiserver 1.36.2, sent again in order to the embedded server.

Each is one test. The controllers are up to date before each request. What the recorded server's own
distribution adds to every namespace is left out of both sides. DIFFERS lists each difference that
stays, with its reason.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from shared.embedded.access import rbac
from shared.embedded.access.authentication import Tokens
from shared.embedded.access.rbac import User
from shared.embedded.api.operations import Api
from shared.embedded.api.providers import Providers
from shared.embedded.controllers.manager import Controllers
from shared.embedded.http.server import ApiServer
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.runtime.clock import ManualClock
from shared.service.objects import unix_seconds
from tests.shared.embedded.http.replaying import (
    TOKEN,
    Player,
    differences,
    shape,
    unmanaged,
    without,
)

RECORDED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "exchanges-2.json").read_text()
)["exchanges"]

RANDOM = (
    (re.compile(r"\b(u|full|ssa|nn)-[a-z0-9]{7,10}(-[a-z0-9]{5})?\b"), r"\1-<hash>"),
    (re.compile(r"^-----BEGIN CERTIFICATE-----.*", re.DOTALL), "<certificate>"),
    (re.compile(r"^(s[\dab]|gen)-[a-z0-9]{5}$"), r"\1-<random>"),
    (re.compile(r"^(\d+):3\d{4}/TCP$"), r"\1:<port>/TCP"),
    (re.compile(r'(\\?"resourceVersion\\?":\\?")\d+'), r"\1<version>"),
    (re.compile(r"(, current: |ResourceVersion in record \()\d+"), r"\1<version>"),
)
"""Names that controllers make, ports that are given, and versions inside of texts."""

LOOPBACK = "endpoints may be loopback addresses: the pods of this server have such"
INTERNAL = "the recorded difference is of Go's structs, ours of the object"
ADMIN = User("admin", (rbac.ADMINISTRATORS, rbac.AUTHENTICATED), "admin")
"""Who recorded."""

PORTS = "node ports are given at random"
DROPPED = "what a change of a Service's type takes away has no owner any more"
BUILD = "not that build of Kubernetes"
UNSERVED = "not all kinds are served; those that are, test_discovery holds to the recording"
NO_TOKEN = "callers without a token are refused: this server stands on a user's own machine"

LAG = "the recorded controllers were some changes behind"
TOKENS = "no token is mounted: the processes of a pod share the files of the machine"
NODES = "the recorded cluster had a node, which ran its pods"
MOUNTS = ("body.spec.volumes", "body.spec.containers.0.volumeMounts")

DIFFERS: dict[int, tuple[str, tuple[str, ...]]] = {
    142: (LOOPBACK, ("",)),
    143: (LOOPBACK, ("body.message", "body.details.causes")),
    **dict.fromkeys((185, 190, 192, 195), (PORTS, ("body.spec.ports.0.nodePort",))),
    **dict.fromkeys((193, 194), (DROPPED, ("body.metadata.managedFields",))),
    208: (INTERNAL, ("body.message", "body.details.causes.0.message")),
    **dict.fromkeys((207, *range(209, 213), *range(219, 223)), (TOKENS, MOUNTS)),
    **dict.fromkeys(
        (*range(239, 242), 244, *range(274, 278), 280, 288, 289),
        (LAG, ("body.status", "body.metadata.annotations")),
    ),
    247: (LAG, ("body.metadata.annotations",)),
    328: (LAG, ("body.items.0.metadata.annotations",)),
    335: (
        LAG,
        (
            "body.rows.1.object.metadata.managedFields",
            "body.rows.1.object.metadata.annotations",
            "body.rows.3.object.metadata.annotations",
        ),
    ),
    336: (DROPPED, ("body.rows.0.object.metadata.managedFields",)),
    **dict.fromkeys((340, 349), (NODES, ("body.rows",))),
    343: (LAG, ("body.rows",)),
    345: ("the recorded distribution had namespaces of its own", ("body.rows",)),
    364: ("the recorded server began where its own memory did", ("body",)),
    385: (UNSERVED, ("body.resources",)),
    386: (UNSERVED, ("body.groups",)),
    388: (UNSERVED, ("body.resources",)),
    391: (BUILD, ("body.gitCommit", "body.gitTreeState", "body.goVersion")),
    396: (UNSERVED, ("",)),
    397: (UNSERVED, ("body.items",)),
    **dict.fromkeys((398, 399, 400, 402), (NO_TOKEN, ("",))),
    407: ("the recorder hid the token", ("body.status.token",)),
    412: ("a namespace is emptied before its delete is answered, and gone with it", ("",)),
}
"""By exchange: why it stays different, and the places that are not compared ('' is all of it)."""

MADE: dict[int, dict[str, Any]] = {
    127: {"metadata": {"name": "c"}, "data": {"k": "x" * ((1 << 20) + 1)}},
    134: {"metadata": {"name": "c", "annotations": {"a": "x" * (1 << 18)}}},
    135: {"metadata": {"name": "c"}, "data": {"k": "x" * (4 << 20)}},
}
"""Bodies that the recording only describes."""


def own_names(name: str) -> bool:
    """Whether an object is of the recorded server's distribution alone."""
    return name.startswith(("openshift", "builder", "deployer")) or "dockercfg" in name


def plain(value: Any) -> Any:
    """`value` without objects that the recorded server's distribution made, and without prose."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "description"}
    if isinstance(value, list):
        return [plain(item) for item in value if not own_names(named(item))]
    return value


def named(item: Any) -> str:
    """The name of an object, of a watch's event or of a Table's row."""
    if not isinstance(item, dict):
        return ""
    inner = item.get("object", item)
    rows = inner.get("rows") if isinstance(inner, dict) else None
    if isinstance(rows, list) and len(rows) == 1:
        return str(rows[0]["cells"][0])
    metadata = inner.get("metadata") if isinstance(inner, dict) else None
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def parsed(text: str, recorded: Any) -> Any:
    """The body in the form in which the recording has it."""
    if isinstance(recorded, list):  # a stream to its end, or a Status in its place
        lines = text.splitlines(keepends=True)
        objects = [json.loads(line) for line in lines if line.startswith("{")]
        if recorded[-1] == "<end>":
            return [*objects, "<end>"]
        return (objects or lines)[: len(recorded)]  # of more, the recording has the beginning
    if isinstance(recorded, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def told_time(body: Any) -> float:
    """The latest time that an answer gives its objects or their owners, 0 for none."""
    if isinstance(body, list):
        return max(map(told_time, body), default=0)
    if not isinstance(body, dict):
        return 0
    own = [body[name] for name in ("creationTimestamp", "time") if isinstance(body.get(name), str)]
    return max([*map(unix_seconds, own), *map(told_time, body.values())], default=0)


def compared(index: int, status: int, headers: dict[str, Any], body: Any) -> list[str]:
    """What differs from the recorded answer, one line for each place."""
    answer = RECORDED[index]["response"]
    given = answer.get("headers", {})
    expected = {
        "status": answer["status"],
        "type": given.get("Content-Type"),
        "warnings": given.get("Warning", []),
        "body": plain(answer["body"]),
    }
    found = {
        "status": status,
        "type": headers.get("Content-Type", [None])[0],
        "warnings": headers.get("Warning", []),
        "body": plain(unmanaged(body, answer["body"])),
    }
    for path in DIFFERS.get(index, ("", ()))[1]:
        if not path:
            return []
        expected, found = without(expected, path), without(found, path)
    return list(differences(shape(expected, RANDOM), shape(found, RANDOM)))


async def replay(folder: Path) -> list[list[str]]:
    """The differences of each exchange."""
    present = [0.0]  # as the recorded server told it, for managedFields are in order of time
    api = Api(Store(Journal(folder / "store.db")), now=lambda: present[0])
    metrics = Providers(pod_metrics=lambda _: [], node_metrics=list)
    server = ApiServer(api, Tokens({TOKEN: ADMIN}), metrics)
    port = await server.start()
    authority = "-----BEGIN CERTIFICATE-----"
    controllers = Controllers(api, ManualClock(api.now()), authority=authority)
    results = []
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            player = Player(client)
            for index, recorded in enumerate(RECORDED):
                present[0] = max(present[0], told_time(recorded["response"]["body"]))
                controllers.settle()
                request = dict(recorded["request"])
                if index in MADE:
                    request |= {"body": MADE[index], "content_type": "application/json"}
                token = "" if "no token" in recorded["note"] else TOKEN
                token = "bad" if recorded["note"] == "bad token" else token
                status, headers, text = await player.send(request, token=token)
                body = parsed(text, recorded["response"]["body"])
                results.append(compared(index, status, headers, body))
                player.learn(plain(recorded["response"]["body"]), plain(body))
    finally:
        await server.stop()
        api.store.close()
    return results


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    return asyncio.run(replay(tmp_path_factory.mktemp("replay")))


@pytest.mark.parametrize(
    "index", [pytest.param(i, id=f"{i} {each['note']}") for i, each in enumerate(RECORDED)]
)
def test_the_answer_is_the_recorded_one(index: int, replayed: list[list[str]]) -> None:
    assert not replayed[index], "\n".join(replayed[index])
