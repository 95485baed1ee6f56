from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from scaler.cluster.catalog import Caches, Cataloguer
from scaler.cluster.trim import whole, within
from shared.service.objects import Obj
from shared.service.spaces import Spaces
from tests.scaler.objects import (
    configmap,
    deployment,
    hpa,
    keyed,
    metadata,
    pod,
    service,
    together,
)
from tests.shared.service.configmaps import BROKEN
from tests.shared.service.manager import SERVICES, Made


def test_a_service_is_its_definition_its_deployment_and_the_pods_that_it_owns() -> None:
    caches = together(service("a", 2, min_scale=2), service("b", 3))
    stranger = pod("a", 9)
    stranger["metadata"]["ownerReferences"] = [{"uid": "job", "controller": True}]
    caches = replace(caches, pods={**caches.pods, **keyed(stranger)})
    catalog = Cataloguer().catalog(caches)
    assert set(catalog.targets) == {"a", "b"}
    target = catalog.targets["a"]
    assert target.expose.min_scale == 2
    assert target.replicas == 2
    assert [facts.pod.name for facts in target.pods] == ["a-dlp-1-0", "a-dlp-1-1"]
    assert not target.stopped
    assert not target.rival
    assert catalog.capacities == {"n1": 4000}


def test_what_is_not_exposed_or_has_no_deployment_yet_is_left_out() -> None:
    caches = service("a", 1)
    plain = {
        "metadata": metadata("plain", "cm", labels={"oscar_service": "plain"}),
        "data": {"function_config.yaml": "name: plain\nimage: x\n"},
    }
    half = configmap("half")
    caches = replace(caches, configmaps={**caches.configmaps, **keyed(plain, half)})
    catalog = Cataloguer().catalog(caches)
    assert set(catalog.targets) == {"a"}
    assert not catalog.broken


def test_a_definition_that_cannot_be_read_is_told_and_hurts_no_other() -> None:
    caches = service("a", 1)
    bad = configmap("bad", max_scale="many")
    caches = replace(caches, configmaps={**caches.configmaps, **keyed(bad)})
    catalog = Cataloguer().catalog(caches)
    assert set(catalog.targets) == {"a"}
    assert "max_scale" in catalog.broken["bad"]


@pytest.mark.parametrize(("obj", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_service_is_told_and_is_no_target_and_hurts_no_other(
    obj: Obj, told: str
) -> None:
    caches = together(service("a", 1), service("good", 1))
    caches = replace(caches, configmaps={**caches.configmaps, **keyed(obj)})
    catalog = Cataloguer().catalog(caches)
    assert set(catalog.targets) == {"good"}
    assert set(catalog.broken) == {"a"}
    assert told in catalog.broken["a"]


def test_a_changed_definition_is_read_again() -> None:
    cataloguer = Cataloguer()
    caches = service("a", 1, max_scale=3)
    assert cataloguer.catalog(caches).targets["a"].expose.max_scale == 3
    caches = replace(caches, configmaps=keyed(configmap("a", 2, max_scale=5)))
    assert cataloguer.catalog(caches).targets["a"].expose.max_scale == 5


def test_stopped_is_said_by_the_definition_alone() -> None:
    """`kubectl rollout undo` gives a Deployment the annotations of an earlier revision."""
    caches = service("a", 1)
    stopped = replace(caches, configmaps=keyed(configmap("a", stopped=True)))
    assert Cataloguer().catalog(stopped).targets["a"].stopped
    undone = deployment("a", 3, annotations={"oscar.grycap.io/stopped": "true"})
    undone_caches = replace(caches, deployments=keyed(undone))
    assert not Cataloguer().catalog(undone_caches).targets["a"].stopped


def test_rivals_are_told_by_their_target() -> None:
    caches = service("a", 1)
    rival = replace(caches, hpas=keyed(hpa("a-hpa", "a-dlp")))
    assert Cataloguer().catalog(rival).targets["a"].rival == "a-hpa"


def managed(made: Made, *objects: Obj) -> Caches:
    """What the scaler reads of a service that an OSCAR manager made."""
    configmap, deployment = made.configmap(), made.deployment()
    configmap["metadata"] |= {"uid": "c", "resourceVersion": "1"}
    deployment["metadata"] |= {"uid": "d", "resourceVersion": "1"}
    return Caches(keyed(configmap), keyed(deployment, *objects), {}, {}, {}, {})


@pytest.mark.parametrize("made", SERVICES.values(), ids=SERVICES.keys())
def test_what_an_oscar_manager_made_is_scaled_as_it_stands(made: Made) -> None:
    catalog = Cataloguer().catalog(managed(made))
    assert not catalog.broken
    target = catalog.targets["ocr"]
    assert target.deployment["metadata"]["name"] == "ocr-dpl"
    assert (target.expose.max_scale, target.managers, target.rival) == (4, True, "")
    assert target.stopped == bool(made.stopped)


def test_its_autoscaler_is_a_rival_until_our_deployment_is_there() -> None:
    caches = replace(managed(Made()), hpas=keyed(hpa("ocr-hpa", "ocr-dpl")))
    assert Cataloguer().catalog(caches).targets["ocr"].rival == "ocr-hpa"
    both = managed(Made(), deployment("ocr", 2))
    target = Cataloguer().catalog(replace(both, hpas=caches.hpas)).targets["ocr"]
    assert (target.deployment["metadata"]["name"], target.rival) == ("ocr-dlp", "")
    assert (target.managers, target.spare) == (False, "ocr-dpl")


def test_a_managers_service_without_a_port_is_not_scaled() -> None:
    assert not Cataloguer().catalog(managed(Made(exposed=False))).targets


def moved(caches: Caches, namespace: str, second: int) -> Caches:
    """The same objects in another namespace, made at another time."""
    born = {"namespace": namespace, "creationTimestamp": f"2026-01-01T00:00:{second:02}Z"}

    def there(objects: Mapping[tuple[str, str], Obj]) -> dict[tuple[str, str], Obj]:
        return {
            (namespace, name): {**obj, "metadata": {**obj["metadata"], **born}}
            for (_, name), obj in objects.items()
        }

    return Caches(
        there(caches.configmaps), there(caches.deployments), there(caches.replicasets),
        there(caches.pods), there(caches.hpas), caches.nodes,
    )  # fmt: skip


def test_owners_have_namespaces_and_the_older_service_of_a_name_is_scaled() -> None:
    alice = moved(service("a", 2), "oscar-svc-alice", 1)
    bob = moved(service("a", 3), "oscar-svc-bob", 2)
    foreign = moved(service("b", 1), "kube-system", 1)
    caches = together(alice, bob, foreign, service("c", 1))
    targets = Cataloguer(Spaces(per_owner=True)).catalog(caches).targets
    assert {name: each.namespace for name, each in targets.items()} == {
        "a": "oscar-svc-alice",
        "c": "oscar-svc",
    }
    assert targets["a"].replicas == 2


def test_an_autoscaler_of_another_namespace_is_no_rival() -> None:
    other = moved(replace(service("a", 1), hpas=keyed(hpa("h", "a-dlp"))), "oscar-svc-bob", 2)
    caches = together(service("a", 1), replace(other, configmaps={}))
    assert not Cataloguer(Spaces(per_owner=True)).catalog(caches).targets["a"].rival


def test_of_foreign_objects_nothing_is_kept() -> None:
    keep = within(Spaces(per_owner=True), whole)
    metadata = {"name": "x", "namespace": "kube-system", "resourceVersion": "1", "labels": {}}
    kept = keep({"metadata": metadata, "spec": {"much": 1}})
    del metadata["labels"]
    assert kept == {"metadata": metadata}
    assert keep({"metadata": {"namespace": "oscar-svc-a"}, "spec": 1})["spec"] == 1
