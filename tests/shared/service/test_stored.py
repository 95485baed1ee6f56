"""Which ConfigMaps are services, and what is said of those that are not."""

from __future__ import annotations

import hashlib

import pytest

from shared.service import fdl
from shared.service.model import Service
from shared.service.objects import Obj
from shared.service.stored import StoredError, digest, is_labelled, is_stopped, read
from tests.shared.service.configmaps import BROKEN, DEFINITION, GUARDED, configmap

DIGEST = hashlib.sha256(b"token").digest()
STOPPED = {"oscar.grycap.io/stopped": "true"}


def test_what_a_service_is() -> None:
    found = read(configmap(GUARDED, digest=DIGEST.hex(), annotations=STOPPED))
    assert found.definition == fdl.load_definition(GUARDED)
    assert (found.script, found.digest, found.stopped) == ("serve", DIGEST, True)


def test_what_may_be_missing() -> None:
    obj = configmap()
    del obj["data"]["script.sh"]
    found = read(obj)
    assert (found.script, found.digest, found.stopped) == ("", b"", False)


def test_a_service_that_is_not_exposed_needs_no_digest() -> None:
    assert read(configmap("name: a\nimage: i\n")).definition.expose is None


@pytest.mark.parametrize(("obj", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_wrong_is_told_with_name_and_remedy(obj: Obj, told: str) -> None:
    with pytest.raises(StoredError) as caught:
        read(obj)
    assert str(caught.value).startswith("ConfigMap a is not a service: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "; " in str(caught.value)


def test_without_its_label_it_is_nobodys() -> None:
    obj = configmap(label="")
    with pytest.raises(StoredError, match="label oscar_service: is missing; set it to 'a'"):
        read(obj)
    assert not is_labelled(obj)
    assert not is_labelled(configmap(label="b"))
    assert is_labelled(configmap("{"))


def test_a_caller_may_remember_definitions() -> None:
    known = Service(name="a", image="remembered", script="")
    texts: list[str] = []

    def load(text: str) -> Service:
        texts.append(text)
        return known

    assert read(configmap(), load).definition is known
    assert texts == [DEFINITION]


@pytest.mark.parametrize("annotations", [None, {}, {"oscar.grycap.io/stopped": "false"}])
def test_what_is_not_annotated_as_stopped_runs(annotations: dict[str, str] | None) -> None:
    assert not is_stopped(configmap(annotations=annotations))
    assert is_stopped(configmap(annotations=STOPPED))


def test_the_digest_is_read_whatever_else_is_wrong() -> None:
    assert digest(configmap(None, DIGEST.hex())) == DIGEST
    assert digest(configmap()) == b""
    for spoilt, needed in ((configmap(digest="xyz"), False), (configmap(), True)):
        with pytest.raises(StoredError, match="token_sha256: is not 64"):
            digest(spoilt, needed=needed)
