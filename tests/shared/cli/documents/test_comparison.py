"""What applying would do, decided from definitions and answers alone."""

from __future__ import annotations

from typing import Any

import pytest

from shared.cli.documents.comparison import Step, difference, hides_secrets, plan
from shared.service import fdl
from tests.shared.cli.documents.test_definition import BODY, answer

UNEXPOSED = {"name": "one", "image": "python", "script": "x\n"}


def step(new: dict[str, Any], old: dict[str, Any] | None) -> Step:
    there = {} if old is None else {"one": answer(old)}
    return plan([fdl.parse_service(new).service], there)[0]


@pytest.mark.parametrize(
    ("new", "old", "action", "differs"),
    [
        (BODY, None, "create", True),
        (BODY, BODY, "replace", False),
        (BODY, BODY | {"cpu": "1.0"}, "replace", True),
        (BODY, BODY | {"environment": BODY["environment"] | {"secrets": {}}}, "replace", True),
        (UNEXPOSED, None, "skip", True),
        (UNEXPOSED, BODY, "withdraw", True),
        (UNEXPOSED, UNEXPOSED, "replace", False),
        (BODY, UNEXPOSED, "replace", True),
    ],
)
def test_plan(new: dict[str, Any], old: dict[str, Any] | None, action: str, differs: bool) -> None:
    found = step(new, old)
    assert (found.action, found.differs) == (action, differs)


def test_a_line_end_that_a_document_needs_is_no_change() -> None:
    found = step(BODY | {"script": "exec server\n"}, BODY | {"script": "exec server"})
    assert not found.differs
    assert found.service.script == "exec server"
    assert step(BODY | {"script": "other\n"}, BODY | {"script": "exec server"}).differs


def test_difference_shows_lines_and_no_secret() -> None:
    service = fdl.parse_service(BODY | {"cpu": "1.0"}).service
    text = difference(service, answer(BODY))
    assert "-cpu: '0.2'\n+cpu: '1.0'\n" in text
    assert "value" not in text
    assert difference(fdl.parse_service(BODY).service, answer(BODY)) == ""
    assert "+name: one\n" in difference(service, None)
    assert hides_secrets(service)
