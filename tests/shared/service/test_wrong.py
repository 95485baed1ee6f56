"""Whatever is wrong is refused, and the refusal names the field."""

from __future__ import annotations

from random import Random

import orjson
import pytest

from shared.service import fdl
from shared.service.documents import dump_json
from tests.shared.service.wrong import GOOD, Body, deep, odd, wrong

EXAMPLES = 5000


def test_what_they_are_made_of_is_right() -> None:
    assert fdl.parse_service(GOOD).service.name == "ocr"


def refusal(body: Body) -> tuple[str, ...]:
    try:
        fdl.parse_service(body)
    except fdl.FdlError as error:
        return error.problems
    return ()


def test_wrong_definitions_are_refused_by_the_name_of_the_field() -> None:
    random, missed = Random(7), []
    for _ in range(EXAMPLES):
        body, field = wrong(random)
        problems = refusal(body)
        clear = all(": " in one and len(one.encode()) < 600 for one in problems)
        if not clear or not any(one.startswith(field) for one in problems):
            missed.append((field, body, problems))
    assert missed == []


def test_odd_definitions_are_refused_or_come_back_as_they_are() -> None:
    random, accepted = Random(3), 0
    for _ in range(250):
        body = odd(random)
        if refusal(body):
            continue
        service = fdl.parse_service(body).service
        stored = fdl.load_definition(fdl.dump_definition(service))
        answered = orjson.loads(dump_json(fdl.to_json(service, secrets=True)))
        assert fdl.parse_service(answered).service == service
        assert fdl.dump_definition(stored) == fdl.dump_definition(service)
        accepted += 1
    assert accepted > 40


@pytest.mark.parametrize("levels", [101, 10_000])
def test_depth_is_refused_before_anything_is_read(levels: int) -> None:
    with pytest.raises(fdl.FdlError, match="document: it is nested more than 100 deep"):
        fdl.parse_service(GOOD | {"input": deep(levels)})
