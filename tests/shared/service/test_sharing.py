"""Whose a service is and who else may see it, read and written."""

from __future__ import annotations

from typing import Any

import pytest

from shared.service import fdl
from shared.service.model import Service

BODY = {"name": "n", "image": "i", "script": "s"}


def read(**fields: Any) -> Service:
    return fdl.parse_service(BODY | fields).service


@pytest.mark.parametrize("nothing", [{}, {"owner": "", "visibility": "", "allowed_users": None}])
def test_what_is_not_stated_is_the_administrators_and_private(nothing: dict[str, Any]) -> None:
    service = read(**nothing)
    assert (service.owner, service.visibility) == ("cluster_admin", "private")
    assert service.allowed_users == ()
    assert not {"owner", "visibility", "allowed_users"} & fdl.to_json(service).keys()


def test_what_is_stated_is_stored_and_read_again() -> None:
    service = read(owner="a@b", visibility="Restricted", allowed_users=[" x ", "", "y", "x"])
    assert (service.owner, service.visibility) == ("a@b", "restricted")
    assert service.allowed_users == ("x", "y")
    again = fdl.load_definition(fdl.dump_definition(service))
    assert (again.owner, again.visibility) == (service.owner, service.visibility)
    assert again.allowed_users == service.allowed_users


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("visibility", "bogus", "visibility: 'bogus' is not one of private, public, restricted"),
        ("visibility", ["public"], "visibility: ['public'] is not text"),
        ("allowed_users", "x", "allowed_users: 'x' is not a list of text"),
        ("allowed_users", [1], "allowed_users: "),
        ("owner", {}, "owner: "),
    ],
)
def test_what_is_wrong_is_refused(field: str, value: Any, sentence: str) -> None:
    with pytest.raises(fdl.FdlError) as caught:
        read(**{field: value})
    assert [problem.startswith(sentence) for problem in caught.value.problems] == [True]


@pytest.mark.parametrize("stored", ["bogus", "[public]", "7"])
def test_a_stored_visibility_that_means_nothing_is_private(stored: str) -> None:
    service = fdl.load_definition(f"name: n\nimage: i\nvisibility: {stored}\n")
    assert service.visibility == "private"
