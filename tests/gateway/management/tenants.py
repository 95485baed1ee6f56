"""The services API with a namespace for each owner, with the rights of the overlay `tenants`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import yaml
from aiohttp.test_utils import TestClient, TestServer

from gateway.management.access.credentials import Credentials
from gateway.management.access.oidc import Rules
from gateway.management.app import application
from gateway.management.store.spaces import Spaces
from gateway.management.store.tenants import Tenants
from shared.embedded import kinds
from shared.runtime.clock import ManualClock
from shared.service import spaces
from tests.gateway.management.cluster import MANIFESTS, Cluster
from tests.gateway.management.issuer import Issuer

RIGHTS = MANIFESTS.parent / "components" / "tenants" / "rbac.yaml"
KINDS = {"ClusterRole": kinds.CLUSTER_ROLE, "ClusterRoleBinding": kinds.CLUSTER_ROLE_BINDING}


def granted(cluster: Cluster) -> Spaces:
    """Namespaces per owner in a cluster that allows them."""
    for obj in yaml.safe_load_all(RIGHTS.read_text()):
        cluster.api.create(KINDS[obj["kind"]], obj, manager="test")
    return Spaces(cluster.kube, spaces.Spaces(per_owner=True))


@asynccontextmanager
async def serving(
    cluster: Cluster, places: Spaces, issuer: Issuer
) -> AsyncIterator[TestClient[Any, Any]]:
    """A client of the services API."""
    app = application(
        cluster.kube,
        Tenants(cluster.kube, places),
        Credentials("oscar", "secret"),
        ManualClock(),
        tokens=Rules((issuer.url,), ("exposed",)),
        spaces=places,
    )
    async with TestClient(TestServer(app)) as client:
        yield client
