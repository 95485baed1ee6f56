from __future__ import annotations

import pytest

from shared.embedded.api.operations import Api
from shared.embedded.controllers.manager import Controllers
from shared.embedded.kinds import CONFIG_MAP, NAMESPACE, SERVICE_ACCOUNT
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.runtime.clock import ManualClock

PEM = "-----BEGIN CERTIFICATE-----\n"


@pytest.fixture
def api() -> Api:
    return Api(Store(Journal()))


@pytest.fixture
def controllers(api: Api) -> Controllers:
    api.create(NAMESPACE, {"metadata": {"name": "new"}}, manager="test")
    controllers = Controllers(api, ManualClock(api.now()), authority=PEM)
    controllers.settle()
    return controllers


def authority(api: Api) -> str:
    return str(api.get(CONFIG_MAP, "kube-root-ca.crt", "new")["data"]["ca.crt"])


@pytest.mark.usefixtures("controllers")
def test_a_namespace_has_an_account_and_the_authority_of_the_server(api: Api) -> None:
    assert api.get(SERVICE_ACCOUNT, "default", "new")
    assert authority(api) == PEM


def test_both_are_put_back(api: Api, controllers: Controllers) -> None:
    api.delete(SERVICE_ACCOUNT, "default", "new")
    api.delete(CONFIG_MAP, "kube-root-ca.crt", "new")
    controllers.settle()
    assert api.get(SERVICE_ACCOUNT, "default", "new")
    api.patch(CONFIG_MAP, "kube-root-ca.crt", "new", {"data": {"ca.crt": "no"}}, manager="test")
    controllers.settle()
    assert authority(api) == PEM


def test_a_namespace_on_its_way_out_is_not_furnished_again(
    api: Api, controllers: Controllers
) -> None:
    keep = {"metadata": {"name": "keep", "finalizers": ["example.com/keep"]}}
    api.create(CONFIG_MAP, keep, "new", manager="test")
    api.delete(NAMESPACE, "new")
    controllers.settle()
    assert api.find(SERVICE_ACCOUNT, "default", "new") is None
    assert [each["metadata"]["name"] for each in api.list(CONFIG_MAP, "new")] == ["keep"]
