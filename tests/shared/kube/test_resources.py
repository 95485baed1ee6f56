from __future__ import annotations

import pytest

from shared.kube import resources
from shared.kube.resources import DEPLOYMENTS, NODES, POD_METRICS, PODS


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (PODS.path("a"), "/api/v1/namespaces/a/pods"),
        (PODS.path(), "/api/v1/pods"),
        (PODS.path("a", "b", "log"), "/api/v1/namespaces/a/pods/b/log"),
        (NODES.path(None, "n", "proxy/metrics/resource"), "/api/v1/nodes/n/proxy/metrics/resource"),
        (DEPLOYMENTS.path("a", "b", "scale"), "/apis/apps/v1/namespaces/a/deployments/b/scale"),
        (POD_METRICS.path("a"), "/apis/metrics.k8s.io/v1beta1/namespaces/a/pods"),
        (PODS.path("a/../b", "c?d"), "/api/v1/namespaces/a%2F..%2Fb/pods/c%3Fd"),
    ],
)
def test_paths_are_those_of_the_api(path: str, expected: str) -> None:
    assert path == expected


def test_one_object_of_a_namespaced_kind_needs_its_namespace() -> None:
    with pytest.raises(ValueError, match="namespace"):
        PODS.path(None, "web")


def test_api_versions_name_the_group_but_for_the_core() -> None:
    assert resources.CONFIGMAPS.api_version == "v1"
    assert resources.LEASES.api_version == "coordination.k8s.io/v1"
