"""The state machine alone: no sockets, no clock."""

from __future__ import annotations

from typing import Any

import pytest

from shared.kube.changes import Change
from shared.kube.errors import Expired, Forbidden, KubeError, Unreachable, from_status
from shared.kube.reflector import ListPage, Reflector, Watch
from tests.shared.kube.scripted import bookmark, event, item, listing, status

NS = "oscar-svc"


def told(*changes: Change | None) -> list[tuple[str, str, bool]]:
    return [
        (one.type, one.object["metadata"]["name"], one.old is not None) for one in changes if one
    ]


def synced(*items: dict[str, Any], version: int = 10) -> Reflector:
    reflector = Reflector()
    list(reflector.listed(listing(*items, version=version)))
    return reflector


def test_it_lists_page_by_page_then_watches_from_the_lists_version() -> None:
    reflector = Reflector()
    asked: list[ListPage | Watch] = [reflector.request]
    assert told(*reflector.listed(listing(item("a"), token="next"))) == [("ADDED", "a", False)]
    asked.append(reflector.request)
    assert told(*reflector.listed(listing(item("b"), version=12))) == [("ADDED", "b", False)]
    assert [*asked, reflector.request] == [ListPage(), ListPage("next"), Watch("12")]
    assert set(reflector.cache) == {(NS, "a"), (NS, "b")}


def test_events_change_the_cache_and_move_the_version() -> None:
    reflector = synced(item("a"))
    changed = item("a", 11, data={"x": "1"})
    steps = [
        (event("MODIFIED", changed), [("MODIFIED", "a", True)], "11"),
        (event("ADDED", item("b", 12)), [("ADDED", "b", False)], "12"),
        (bookmark(20), [], "20"),
        (event("DELETED", item("a", 21)), [("DELETED", "a", True)], "21"),
    ]
    for sent, expected, version in steps:
        assert told(reflector.event(sent)) == expected
        assert reflector.request == Watch(version)
    assert set(reflector.cache) == {(NS, "b")}


def test_the_old_object_is_what_was_known() -> None:
    reflector = synced(item("a", 3))
    change = reflector.event(event("MODIFIED", item("a", 11)))
    assert change is not None
    assert change.old == item("a", 3)
    assert change.object == item("a", 11)


def test_deletions_missed_during_a_gap_appear_after_the_relist() -> None:
    reflector = synced(item("same", 1), item("changed", 2), item("gone", 3))
    with pytest.raises(Expired):
        reflector.event(event("ERROR", status(410, "Expired")))
    reflector.failed(from_status(410, status(410, "Expired")), 0.5)
    # Still served until the new list is complete.
    assert (reflector.request, len(reflector.cache)) == (ListPage(), 3)
    relisted = listing(item("same", 1), item("changed", 40), item("new", 41), version=50)
    assert told(*reflector.listed(relisted)) == [
        ("MODIFIED", "changed", True),
        ("ADDED", "new", False),
        ("DELETED", "gone", True),
    ]
    assert reflector.request == Watch("50")


def test_a_list_is_taken_in_object_by_object_and_one_that_has_not_changed_stays_the_same() -> None:
    reflector = synced(item("a", 1), item("b", 2))
    kept = dict(reflector.cache)
    steps = reflector.listed(listing(item("a", 1), item("b", 20), item("c", 21), version=30))
    assert next(steps) is None
    assert reflector.cache == kept
    assert told(next(steps)) == [("MODIFIED", "b", True)]
    assert set(reflector.cache) == {(NS, "a"), (NS, "b")}, "c comes with the next step"
    assert reflector.request == Watch("10"), "the next request follows when all is done"
    assert told(*steps) == [("ADDED", "c", False)]
    assert repr(reflector.request) == repr(Watch("30"))
    assert reflector.cache[NS, "a"] is kept[NS, "a"]


def test_another_object_of_the_same_name_and_version_is_a_change() -> None:
    one, other = item("a", 1), item("a", 1)
    one["metadata"]["uid"], other["metadata"]["uid"] = "1", "2"
    assert told(*synced(one).listed(listing(other))) == [("MODIFIED", "a", True)]


def test_nothing_is_gone_before_the_last_page_has_come() -> None:
    reflector = synced(item("a"), item("b"))
    assert told(*reflector.listed(listing(item("b"), token="next"))) == []
    assert set(reflector.cache) == {(NS, "a"), (NS, "b")}
    assert told(*reflector.listed(listing(item("c"), version=12))) == [
        ("ADDED", "c", False),
        ("DELETED", "a", True),
    ]


@pytest.mark.parametrize("code", [500, 429])
def test_a_list_that_fails_between_pages_goes_on_where_it_was(code: int) -> None:
    reflector = synced(item("a"), item("b"))
    list(reflector.listed(listing(item("a"), token="next")))
    reflector.failed(from_status(code, None), 0.0)
    assert reflector.request == ListPage("next")
    assert told(*reflector.listed(listing(version=12))) == [("DELETED", "b", True)]


def test_a_list_that_expires_between_pages_starts_again() -> None:
    reflector = Reflector()
    list(reflector.listed(listing(item("stale"), token="old")))
    reflector.failed(from_status(410, None), 0.0)
    assert reflector.request == ListPage()
    assert told(*reflector.listed(listing(item("a")))) == [
        ("ADDED", "a", False),
        ("DELETED", "stale", True),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"items": []},
        {"metadata": {}, "items": [item("b")]},
        {"metadata": {"resourceVersion": "11"}, "items": [{}]},
        {"metadata": {"continue": "t"}, "items": [{"metadata": {"name": "b"}}]},
    ],
)
def test_a_malformed_page_takes_nothing_away(broken: dict[str, Any]) -> None:
    reflector = synced(item("a"))
    reflector.failed(from_status(410, None), 0.0)
    with pytest.raises(Unreachable, match="API server sent"):
        list(reflector.listed(broken))
    assert reflector.request == ListPage()
    assert set(reflector.cache) == {(NS, "a")}


@pytest.mark.parametrize(
    "error", [from_status(500, None), from_status(429, None), Unreachable("reset")]
)
def test_other_failures_go_on_from_the_last_good_version(error: KubeError) -> None:
    reflector = synced(item("a"))
    reflector.event(bookmark(30))
    assert reflector.failed(error, 0.5) > 0
    assert reflector.request == Watch("30")


def test_a_server_that_has_never_seen_our_version_is_listed_anew() -> None:
    reflector = synced(item("a"), version=900)
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    reflector.failed(from_status(504, status(504, "Timeout", causes=causes)), 0.0)
    assert reflector.request == ListPage()


def test_a_restarted_server_is_listed_without_the_pause_of_the_failures_before() -> None:
    reflector = synced(item("a"))
    for _ in range(6):
        long = reflector.failed(Unreachable("refused"), 0.5)
    assert reflector.failed(from_status(410, None), 0.5) < 0.2 < long
    assert reflector.request == ListPage()
    assert reflector.failed(from_status(500, None), 0.5) > 0.2  # a list that fails pauses longer


def test_an_error_event_is_raised_as_what_it_says() -> None:
    with pytest.raises(Forbidden, match="no"):
        synced().event(event("ERROR", status(403, "Forbidden")))


def test_unknown_event_types_are_ignored_with_a_log(caplog: pytest.LogCaptureFixture) -> None:
    reflector = synced(item("a"))
    assert reflector.event(event("RENAMED", item("a", 99))) is None
    assert reflector.request == Watch("10")
    assert "RENAMED" in caplog.text


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "ADDED", "object": {}},
        {"type": "ADDED", "object": {"metadata": {"resourceVersion": "11"}}},
        {"type": "ADDED", "object": {"metadata": {"name": "a"}}},
        {"type": "MODIFIED", "object": {"metadata": {"name": "a", "resourceVersion": 7}}},
        {"type": "MODIFIED", "object": []},
        {"type": "BOOKMARK", "object": {"metadata": {}}},
        {"type": "ERROR"},
    ],
)
def test_a_malformed_event_changes_nothing(broken: dict[str, Any]) -> None:
    reflector = synced(item("a"))
    with pytest.raises(Unreachable, match="API server sent"):
        reflector.event(broken)
    assert reflector.request == Watch("10")
    assert set(reflector.cache) == {(NS, "a")}


def test_a_list_without_items_is_empty() -> None:
    reflector = synced(item("a"))
    assert told(*reflector.listed({"metadata": {"resourceVersion": "11"}, "items": None})) == [
        ("DELETED", "a", True)
    ]


def test_managed_fields_are_not_kept() -> None:
    bulky = item("a", 11)
    bulky["metadata"]["managedFields"] = [{"manager": "x"}]
    reflector = synced()
    reflector.event(event("ADDED", bulky))
    assert "managedFields" not in reflector.cache[NS, "a"]["metadata"]


def test_cluster_scoped_objects_have_an_empty_namespace() -> None:
    reflector = synced({"metadata": {"name": "node", "resourceVersion": "1"}})
    assert set(reflector.cache) == {("", "node")}


@pytest.mark.parametrize(("seconds", "events"), [(0.1, 1), (1.0, 0), (240.0, 9)])
def test_a_watch_that_ends_as_agreed_is_followed_at_once(seconds: float, events: int) -> None:
    assert synced().ended(seconds, events, 0.5) == 0.0


def test_watches_that_say_nothing_and_end_at_once_are_slowed_down() -> None:
    reflector = synced()
    delays = [reflector.ended(0.01, 0, 0.5) for _ in range(4)]
    assert delays == sorted(delays)
    assert delays[0] > 0
    assert delays[-1] > 4 * delays[0]


def test_success_forgets_earlier_failures() -> None:
    reflector = synced()
    first = reflector.failed(Unreachable("x"), 0.5)
    for _ in range(5):
        reflector.failed(Unreachable("x"), 0.5)
    reflector.event(bookmark(11))
    assert reflector.failed(Unreachable("x"), 0.5) == first


def test_only_what_is_to_be_kept_is_in_the_cache_and_in_changes() -> None:
    reflector = Reflector(lambda obj: {"metadata": obj["metadata"]})
    assert list(reflector.listed(listing(item("a", data={"x": "1"})))) == [
        Change("ADDED", {"metadata": item("a")["metadata"]})
    ]
    change = reflector.event(event("ADDED", item("b", 12, data={"x": "1"})))
    assert change is not None
    assert "data" not in change.object
    assert all(set(obj) == {"metadata"} for obj in reflector.cache.values())
