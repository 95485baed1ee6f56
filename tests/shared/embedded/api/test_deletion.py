"""What a delete makes of an object."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.api import deletion
from shared.embedded.errors import StatusError
from shared.embedded.kinds import CONFIG_MAP, DEPLOYMENT, NAMESPACE, POD, Kind


def thing(**metadata: Any) -> dict[str, Any]:
    own = {"name": "x", "uid": "u", "resourceVersion": "7", "generation": 1}
    return {"metadata": own | metadata, "status": {}}


def pod(grace: int, **metadata: Any) -> dict[str, Any]:
    spec = {"nodeName": "n", "terminationGracePeriodSeconds": grace}
    return {**thing(**metadata), "spec": spec}


@pytest.mark.parametrize(
    ("kind", "obj", "policy", "finalizers", "gone"),
    [
        (CONFIG_MAP, thing(), None, None, True),
        (DEPLOYMENT, thing(), "Background", None, True),
        (DEPLOYMENT, thing(), "Foreground", ["foregroundDeletion"], False),
        (DEPLOYMENT, thing(), "Orphan", ["orphan"], False),
        (CONFIG_MAP, thing(finalizers=["a/b"]), None, ["a/b"], False),
        (CONFIG_MAP, thing(finalizers=["a/b"]), "Foreground", ["a/b", "foregroundDeletion"], False),
        (CONFIG_MAP, thing(finalizers=["orphan"]), None, ["orphan"], False),
        (CONFIG_MAP, thing(finalizers=["orphan"]), "Background", None, True),
        (NAMESPACE, thing(), None, None, False),
    ],
)
def test_what_holds_an_object(
    kind: Kind, obj: Any, policy: Any, finalizers: list[str] | None, gone: bool
) -> None:
    after = deletion.begun(kind, obj, grace=None, propagation=policy, now=0.0)
    assert after.gone is gone
    assert deletion.lingers(kind, after.object) is not gone
    if not gone:
        assert after.object["metadata"].get("finalizers") == finalizers


def test_a_namespace_is_terminating() -> None:
    after = deletion.begun(NAMESPACE, thing(), grace=None, propagation=None, now=0.0).object
    assert after["status"]["phase"] == "Terminating"
    assert "deletionGracePeriodSeconds" not in after["metadata"]


@pytest.mark.parametrize(
    ("own", "asked", "waits"), [(30, None, 30), (30, 5, 5), (30, 0, 0), (30, -1, 1), (-5, None, 1)]
)
def test_a_pod_has_its_grace(own: int, asked: int | None, waits: int) -> None:
    after = deletion.begun(POD, pod(own), grace=asked, propagation=None, now=0.0)
    assert after.object["metadata"]["deletionGracePeriodSeconds"] == waits
    assert (after.object["metadata"]["generation"], after.gone) == (2, waits == 0)


def test_a_second_delete_only_hastens() -> None:
    first = deletion.begun(POD, pod(30), grace=None, propagation=None, now=0.0).object
    longer = deletion.begun(POD, first, grace=60, propagation=None, now=5.0)
    assert longer.object is first
    sooner = deletion.begun(POD, first, grace=3, propagation=None, now=5.0).object
    assert sooner["metadata"]["deletionTimestamp"] == "1970-01-01T00:00:08Z"
    assert sooner["metadata"]["generation"] == 2


@pytest.mark.parametrize(
    ("uid", "version", "message"),
    [
        ("v", "", "the UID in the precondition (v) does not match the UID in record (u)"),
        ("u", "1", "the ResourceVersion in the precondition (1) does not match the Resource"),
    ],
)
def test_preconditions(uid: str, version: str, message: str) -> None:
    deletion.check_preconditions(DEPLOYMENT, thing(), "u", "7")
    with pytest.raises(StatusError) as refused:
        deletion.check_preconditions(DEPLOYMENT, thing(), uid, version)
    assert f'on Deployment.apps "x": {message}' in refused.value.message
    assert refused.value.details == {"name": "x", "group": "apps", "kind": "Deployment"}
