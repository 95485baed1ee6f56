"""Garbage collection: owners and dependents, foreground, orphans, and emptied namespaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.embedded.api.operations import Api
from shared.embedded.errors import StatusError
from shared.embedded.kinds import CONFIG_MAP, NAMESPACE, POD, SECRET
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.service.objects import Obj

SPACE = "x"


@pytest.fixture
def api() -> Api:
    return make()


def make(path: Path | None = None) -> Api:
    api = Api(Store(Journal(path)))
    if api.find(NAMESPACE, SPACE) is None:
        api.create(NAMESPACE, {"metadata": {"name": SPACE}}, manager="test")
    return api


def owner(obj: Obj, *, blocks: bool = False) -> Obj:
    metadata = obj["metadata"]
    reference = {"apiVersion": "v1", "kind": obj["kind"], "name": metadata["name"]}
    return {**reference, "uid": metadata["uid"], "blockOwnerDeletion": blocks}


def configmap(api: Api, name: str, *owners: Obj, **metadata: Any) -> Obj:
    body = {"metadata": {"name": name, "ownerReferences": list(owners), **metadata}}
    return api.create(CONFIG_MAP, body, SPACE, manager="test")


def pod(api: Api, name: str, *owners: Obj) -> Obj:
    body = {
        "metadata": {"name": name, "ownerReferences": list(owners)},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    }
    created = api.create(POD, body, SPACE, manager="test")
    api.bind(name, SPACE, "n1")
    return created


def names(api: Api) -> list[str]:
    return [obj["metadata"]["name"] for obj in api.list(CONFIG_MAP, SPACE)]


def test_dependents_of_dependents_go_with_the_owner(api: Api) -> None:
    root = configmap(api, "root")
    middle = configmap(api, "middle", owner(root))
    configmap(api, "leaf", owner(middle))
    configmap(api, "other")
    api.delete(CONFIG_MAP, "root", SPACE)
    assert names(api) == ["other"]


def test_an_object_with_another_owner_forgets_the_one_that_is_gone(api: Api) -> None:
    first, second = configmap(api, "first"), configmap(api, "second")
    configmap(api, "child", owner(first), owner(second))
    api.delete(CONFIG_MAP, "first", SPACE)
    child = api.get(CONFIG_MAP, "child", SPACE)
    assert [each["name"] for each in child["metadata"]["ownerReferences"]] == ["second"]
    api.delete(CONFIG_MAP, "second", SPACE)
    assert names(api) == []


def test_an_object_whose_owner_never_was_goes_at_once(api: Api) -> None:
    root = configmap(api, "root")
    configmap(api, "stray", {**owner(root), "uid": "another-incarnation"})
    assert names(api) == ["root"]


def test_orphans_stay_and_forget_their_owner(api: Api) -> None:
    root = configmap(api, "root")
    configmap(api, "child", owner(root))
    api.delete(CONFIG_MAP, "root", SPACE, propagation="Orphan")
    assert names(api) == ["child"]
    assert api.get(CONFIG_MAP, "child", SPACE)["metadata"].get("ownerReferences", []) == []


def test_in_the_foreground_the_owner_goes_last(api: Api) -> None:
    root = configmap(api, "root")
    pod(api, "p", owner(root, blocks=True))
    marked = api.delete(CONFIG_MAP, "root", SPACE, propagation="Foreground")
    assert marked["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert "deletionTimestamp" in api.get(POD, "p", SPACE)["metadata"]
    assert names(api) == ["root"], "its pod still runs"
    api.delete(POD, "p", SPACE, grace=0)
    assert names(api) == []


def test_in_the_foreground_only_blocking_dependents_are_waited_for(api: Api) -> None:
    root = configmap(api, "root")
    pod(api, "p", owner(root, blocks=False))
    api.delete(CONFIG_MAP, "root", SPACE, propagation="Foreground")
    assert names(api) == []


def test_a_finalizer_holds_an_object_until_it_is_removed(api: Api) -> None:
    configmap(api, "held", finalizers=["example.com/wait"])
    held = api.delete(CONFIG_MAP, "held", SPACE)
    assert "deletionTimestamp" in held["metadata"]
    assert names(api) == ["held"]
    again = api.delete(CONFIG_MAP, "held", SPACE)
    assert again == held
    api.patch(CONFIG_MAP, "held", SPACE, {"metadata": {"finalizers": None}}, manager="test")
    assert names(api) == []


def test_a_namespace_goes_when_all_in_it_is_gone(api: Api) -> None:
    pod(api, "p")
    configmap(api, "c")
    api.create(SECRET, {"metadata": {"name": "s"}}, SPACE, manager="test")
    marked = api.delete(NAMESPACE, SPACE)
    assert marked["status"]["phase"] == "Terminating"
    assert names(api) == []
    assert api.find(SECRET, "s", SPACE) is None
    with pytest.raises(StatusError, match="because it is being terminated") as refused:
        configmap(api, "late")
    assert refused.value.code == 403
    assert api.find(NAMESPACE, SPACE) is not None, "its pod still runs"
    api.delete(POD, "p", SPACE, grace=0)
    assert api.find(NAMESPACE, SPACE) is None


def test_an_interrupted_collection_is_taken_up_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    api = make(path)
    root = configmap(api, "root")
    configmap(api, "child", owner(root))
    # The owner vanishes from the journal alone, as if the process had died right after.
    api.store.close()
    journal = Journal(path)
    journal.remove("configmaps", SPACE, "root", journal.version() + 1)
    journal.close()
    again = make(path)
    assert names(again) == []
    again.store.close()
