"""Kinds that a whole Kubernetes has and this cluster has not are refused with a word on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.embedded import declarations
from shared.embedded.http.absent import _ABSENT, missing

if TYPE_CHECKING:
    from tests.shared.embedded.http.conftest import Cluster

PLAIN = "the server could not find the requested resource"


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/apis/batch/v1/namespaces/oscar-svc/jobs", "jobs.batch"),
        ("GET", "/apis/batch/v1/namespaces/oscar-svc/cronjobs/nightly", "cronjobs.batch"),
        ("GET", "/apis/apps/v1/statefulsets", "statefulsets.apps"),
        ("GET", "/apis/apps/v1/namespaces/oscar-svc/daemonsets/d/status", "daemonsets.apps"),
        (
            "PATCH",
            "/api/v1/namespaces/oscar-svc/replicationcontrollers/r",
            "replicationcontrollers",
        ),
    ],
)
async def test_the_answer_says_what_there_is_instead(
    cluster: Cluster, method: str, path: str, name: str
) -> None:
    body: dict[str, object] | None = None if method == "GET" else {}
    status, answer = await cluster.call(method, path, body)
    assert (status, answer["reason"], answer["details"]) == (404, "NotFound", {})
    assert answer["message"].startswith(f"{PLAIN}: this embedded cluster has no {name}; it runs ")


async def test_a_name_that_nobody_knows_gets_the_plain_words(cluster: Cluster) -> None:
    _, answer = await cluster.call("GET", "/apis/apps/v1/foos")
    assert answer["message"] == PLAIN
    assert missing("apps", "foos") is None
    assert missing("foo.example.com", "jobs") is None


def test_nothing_that_is_served_is_called_absent() -> None:
    for group, plurals in _ABSENT.items():
        assert not [each for each in plurals.split() if declarations.find(group, "v1", each)]
