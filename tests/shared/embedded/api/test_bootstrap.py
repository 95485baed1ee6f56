"""What a new cluster holds."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from shared.embedded import kinds
from shared.embedded.api.bootstrap import MANIFESTS, bootstrap
from shared.embedded.api.operations import Api
from shared.embedded.errors import StatusError
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store


def names(api: Api, kind: kinds.Kind) -> set[str]:
    return {obj["metadata"]["name"] for obj in api.list(kind)}


def test_namespaces_and_the_rights_of_the_manifests() -> None:
    api = Api(Store(Journal()))
    bootstrap(api)
    bootstrap(api)
    assert {"default", "kube-system", "oscar", "oscar-svc"} <= names(api, kinds.NAMESPACE)
    accounts = {"gateway", "management", "scaler"}
    assert accounts <= names(api, kinds.SERVICE_ACCOUNT)
    assert accounts <= names(api, kinds.ROLE) & names(api, kinds.ROLE_BINDING)
    api.store.close()


@pytest.mark.parametrize("name", ["default", "kube-public", "kube-system"])
def test_namespaces_of_every_cluster_stay(name: str) -> None:
    api = Api(Store(Journal()))
    bootstrap(api)
    with pytest.raises(StatusError, match="this namespace may not be deleted") as told:
        api.delete(kinds.NAMESPACE, name)
    assert told.value.code == 403
    api.delete(kinds.NAMESPACE, "kube-node-lease")
    api.store.close()


def test_the_default_roles_are_put_right_without_another_write() -> None:
    api = Api(Store(Journal()))
    bootstrap(api)
    view = api.get(kinds.CLUSTER_ROLE, "view")
    version = api.store.version
    bootstrap(api)
    assert api.store.version == version
    api.update(kinds.CLUSTER_ROLE, {**view, "rules": []}, manager="somebody")
    api.delete(kinds.CLUSTER_ROLE_BINDING, "system:basic-user")
    bootstrap(api)
    assert api.get(kinds.CLUSTER_ROLE, "view")["rules"] == view["rules"]
    assert api.find(kinds.CLUSTER_ROLE_BINDING, "system:basic-user") is not None
    api.store.close()


def test_rights_are_brought_back_to_what_the_manifests_say() -> None:
    api = Api(Store(Journal()))
    bootstrap(api)
    role = api.get(kinds.ROLE, "gateway", "oscar-svc")
    api.update(kinds.ROLE, {**role, "rules": []}, manager="somebody")
    bootstrap(api)
    assert api.get(kinds.ROLE, "gateway", "oscar-svc")["rules"] == role["rules"]
    api.store.close()


def test_without_manifests_it_says_what_is_missing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    api = Api(Store(Journal()))
    with caplog.at_level(logging.WARNING):
        bootstrap(api, tmp_path)
    assert "apply the manifests" in caplog.text
    assert MANIFESTS.is_dir()
    api.store.close()
