from __future__ import annotations

import pytest

from shared.kube.errors import KubeError, Unreachable, from_status
from shared.kube.remedy import remedy
from shared.kube.resources import CONFIGMAPS, DEPLOYMENTS


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (from_status(403, None), "allow this process's service account to watch configmaps in"),
        (from_status(401, None), "renew the token"),
        (from_status(404, None), "serves v1 configmaps"),
        (Unreachable("x"), "API server runs"),
        (from_status(500, None), ""),
    ],
)
def test_each_failure_has_its_remedy(error: KubeError, words: str) -> None:
    said = remedy(error, "watch", CONFIGMAPS, "oscar-svc")
    assert words in said
    assert bool(said) == bool(words)


def test_a_missing_right_is_named_as_rbac_names_it() -> None:
    assert remedy(from_status(403, None), "patch", DEPLOYMENTS, None) == (
        "allow this process's service account to patch deployments of API group apps "
        "in all namespaces"
    )
