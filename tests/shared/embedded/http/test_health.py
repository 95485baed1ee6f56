"""Health paths: the texts of a real server, and who may read them."""

from __future__ import annotations

import pytest
from multidict import MultiDict

from shared.embedded.access import rbac
from shared.embedded.http import health
from tests.shared.embedded.http.conftest import Cluster

PASSED = "[+]ping ok\n[+]log ok\n[+]etcd ok\n"


@pytest.mark.parametrize(
    ("path", "query", "text"),
    [
        ("/healthz", [], "ok"),
        ("/livez", [], "ok"),
        ("/readyz/ping", [], "ok"),
        ("/livez/etcd", [], "ok"),
        ("/livez/shutdown", [], None),
        ("/readyz/nothing", [], None),
        ("/readyz/", [], None),
        ("/metrics", [], None),
        ("/livez", [("verbose", "")], f"{PASSED}livez check passed\n"),
        ("/livez", [("exclude", "etcd")], "ok"),
        (
            "/livez",
            [("verbose", "true"), ("exclude", "etcd"), ("exclude", "b"), ("exclude", "a")],
            "[+]ping ok\n[+]log ok\n[+]etcd excluded: ok\nwarn: some health checks cannot be "
            'excluded: no matches for "a", "b"\nlivez check passed\n',
        ),
        (
            "/readyz",
            [("verbose", "")],
            f"{PASSED}[+]informer-sync ok\n[+]shutdown ok\nreadyz check passed\n",
        ),
    ],
)
def test_texts(path: str, query: list[tuple[str, str]], text: str | None) -> None:
    assert health.answer(path, MultiDict(query)) == text


async def test_every_known_caller_may_ask_but_not_for_single_checks(cluster: Cluster) -> None:
    cluster.tokens.add("robot", rbac.service_account("oscar", "robot"))
    status, text = await cluster.call("GET", "/livez?verbose", token="robot")
    assert (status, text) == (200, f"{PASSED}livez check passed\n")
    assert (await cluster.call("GET", "/readyz/ping", token="robot"))[0] == 403
    assert await cluster.call("GET", "/readyz/ping") == (200, "ok")
    assert (await cluster.call("GET", "/readyz/nothing"))[0] == 404
