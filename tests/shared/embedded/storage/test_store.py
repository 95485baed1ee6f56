"""The store: order, versions, the bounded log, and what callbacks see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from shared.embedded.storage.journal import Journal
from shared.embedded.storage.records import CompactedError, Record
from shared.embedded.storage.store import Store


def obj(name: str, namespace: str = "x", **rest: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata, **rest}


def names(store: Store, namespace: str | None = None) -> list[str]:
    return [entry.key[1] for entry in store.entries("configmaps", namespace)]


def test_entries_come_by_namespace_and_name() -> None:
    store = Store(Journal())
    for name, space in [("b", "y"), ("c", "x"), ("a", "x"), ("a", "y")]:
        store.put("configmaps", obj(name, space))
    assert [entry.key for entry in store.entries("configmaps")] == [
        ("x", "a"),
        ("x", "c"),
        ("y", "a"),
        ("y", "b"),
    ]
    assert names(store, "y") == ["a", "b"]
    assert names(store, "z") == []


def test_every_write_takes_the_next_version_and_shows_it() -> None:
    store = Store(Journal())
    before = store.version
    first = store.put("configmaps", obj("a"))
    second = store.put("configmaps", obj("a", data={"k": "v"}))
    assert (first.version, second.version) == (before + 1, before + 2)
    assert second.object["metadata"]["resourceVersion"] == str(before + 2)
    assert orjson.loads(second.raw) == {
        "metadata": second.object["metadata"],
        "data": {"k": "v"},
    }
    assert "resourceVersion" not in obj("a")["metadata"]
    assert first.object["metadata"]["resourceVersion"] == str(before + 1)


def test_the_past_can_be_listed_as_far_as_the_log_reaches() -> None:
    store = Store(Journal(), history=3)
    store.put("configmaps", obj("a"))
    then = store.version
    store.put("configmaps", obj("b"))
    store.remove("configmaps", obj("a"))
    assert [e.key[1] for e in store.entries_at("configmaps", "x", then)] == ["a"]
    assert names(store) == ["b"]
    store.put("secrets", obj("c"))
    assert [record.type for record in store.since(then)] == ["ADDED", "DELETED", "ADDED"]
    store.put("secrets", obj("d"))
    with pytest.raises(CompactedError) as compacted:
        store.since(then)
    assert compacted.value.oldest == then + 1


def test_a_change_made_in_a_callback_is_delivered_after_the_present_one() -> None:
    store = Store(Journal())
    seen: list[tuple[str, str]] = []

    def follow(record: Record) -> None:
        if record.entry.key[1] == "cause":
            store.put("configmaps", obj("effect"))

    store.listen(follow)
    stop = store.listen(lambda record: seen.append((record.type, record.entry.key[1])))
    store.put("configmaps", obj("cause"))
    assert seen == [("ADDED", "cause"), ("ADDED", "effect")]
    stop()
    store.put("configmaps", obj("unseen"))
    assert len(seen) == 2


def test_a_namespace_is_empty_when_nothing_of_any_type_is_in_it() -> None:
    store = Store(Journal())
    store.put("secrets", obj("a"))
    assert not store.is_empty("x")
    store.remove("secrets", obj("a"))
    assert store.is_empty("x")


def test_objects_and_version_outlive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(Journal(path))
    store.put("configmaps", obj("a", data={"k": "v"}))
    store.put("configmaps", obj("b"))
    store.remove("configmaps", obj("b"))
    before = store.entries("configmaps")[0]
    version = store.version
    store.close()
    again = Store(Journal(path))
    assert again.version == version
    assert again.entries("configmaps")[0].object == before.object
    assert names(again) == ["a"]
    assert again.oldest == version
    with pytest.raises(CompactedError):
        again.since(version - 1)
    assert list(again.since(version)) == []
    again.close()


def test_the_log_is_bounded_in_bytes_too() -> None:
    store = Store(Journal(), history_bytes=100_000)
    then = store.version
    for number in range(1_000):
        store.put("configmaps", obj("a", data={"k": "v" * 1_000, "n": str(number)}))
    with pytest.raises(CompactedError) as compacted:
        store.since(then)
    kept = store.since(compacted.value.oldest)
    assert 5 < len(kept) < 25
    assert kept[-1].version == store.version
    store.put("configmaps", obj("a", data={"k": "v" * 200_000}))
    assert len(store.since(store.version - 1)) == 1, "the last change is always kept"
    for number in range(30):
        store.put("configmaps", obj("b", data={"n": str(number)}))
    assert len(store.since(store.version - 29)) == 29, "what was forgotten is not counted"
