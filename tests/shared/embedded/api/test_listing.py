"""Pages and continue tokens, and lists of an earlier state."""

from __future__ import annotations

import base64

import orjson
import pytest

from shared.embedded.api.listing import Page, Query, list_page, parse_version
from shared.embedded.errors import StatusError
from shared.embedded.kinds import CONFIG_MAP
from shared.embedded.schema.selectors import label_predicate
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store


@pytest.fixture
def store() -> Store:
    store = Store(Journal(), history=20)
    for number in range(7):
        put(store, f"n{number}", "x" if number % 2 else "y")
    return store


def put(store: Store, name: str, namespace: str = "x") -> None:
    metadata = {"name": name, "namespace": namespace, "labels": {"parity": namespace}}
    store.put("configmaps", {"metadata": metadata})


def names(page: Page) -> list[str]:
    return ["/".join(entry.key) for entry in page.entries]


def pages(store: Store, query: Query) -> list[list[str]]:
    found = []
    while True:
        page = list_page(store, CONFIG_MAP, query)
        found.append(names(page))
        if not page.token:
            return found
        query = Query(query.namespace, query.labels, query.fields, query.limit, page.token)


def test_pages_join_to_the_whole(store: Store) -> None:
    assert pages(store, Query(limit=3)) == [
        ["x/n1", "x/n3", "x/n5"],
        ["y/n0", "y/n2", "y/n4"],
        ["y/n6"],
    ]
    assert pages(store, Query("y", limit=3)) == [["y/n0", "y/n2", "y/n4"], ["y/n6"]]


def test_pages_show_one_state_whatever_happens_between_them(store: Store) -> None:
    first = list_page(store, CONFIG_MAP, Query("y", limit=2))
    assert first.remaining == 2
    put(store, "n3a", "y")
    store.remove("configmaps", dict(store.entries("configmaps", "y")[-1].object))
    second = list_page(store, CONFIG_MAP, Query("y", token=first.token))
    assert names(second) == ["y/n4", "y/n6"]
    assert second.version == first.version
    assert second.metadata() == {"resourceVersion": str(first.version)}


def test_what_remains_is_unknown_when_a_selector_is_used(store: Store) -> None:
    query = Query(labels=label_predicate("parity=y"), limit=1)
    page = list_page(store, CONFIG_MAP, query)
    assert (names(page), page.remaining) == (["y/n0"], None)
    assert page.token


def test_an_expired_token_gives_one_that_goes_on_inconsistently(store: Store) -> None:
    token = list_page(store, CONFIG_MAP, Query("y", limit=2)).token
    for number in range(30):
        put(store, f"late{number}")
    with pytest.raises(StatusError) as refused:
        list_page(store, CONFIG_MAP, Query("y", token=token))
    assert (refused.value.code, refused.value.reason) == (410, "Expired")
    rest = Query("y", token=refused.value.metadata["continue"])
    assert names(list_page(store, CONFIG_MAP, rest)) == ["y/n4", "y/n6"]


def test_an_exact_version_is_that_state(store: Store) -> None:
    then = str(store.version)
    put(store, "later")
    for query in (
        Query("x", version=then, match="Exact"),
        Query("x", version=then, limit=9),
    ):
        assert "x/later" not in names(list_page(store, CONFIG_MAP, query))
    for query in (Query("x", version=then, match="NotOlderThan"), Query("x", version="0")):
        assert "x/later" in names(list_page(store, CONFIG_MAP, query))


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        (Query(token="!"), 400, "continue key is not valid"),
        (Query(token=base64.b64encode(orjson.dumps([1])).decode()), 400, "continue key"),
        (Query(token="e30", version="3"), 400, "not allowed when using continue"),
        (Query(version="abc"), 400, 'invalid resource version: .* Invalid value: "abc"'),
        (Query(version="-1"), 400, "Invalid value"),
        (Query(version="999"), 504, "Too large resource version: 999"),
    ],
)
def test_refusals(store: Store, query: Query, code: int, message: str) -> None:
    with pytest.raises(StatusError, match=message) as refused:
        list_page(store, CONFIG_MAP, query)
    assert refused.value.code == code


def test_versions_are_numbers() -> None:
    assert parse_version("") == 0
    assert parse_version("12") == 12
