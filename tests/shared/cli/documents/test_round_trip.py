"""What `get` prints of any service of the corpus is, to `apply`, the service as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.management.answers.representation import service_json
from shared.cli.documents import definition
from shared.cli.documents.comparison import plan
from shared.service import fdl
from shared.service.model import Service
from tests.shared.service.test_corpus import CASES, read_script


def services(case: Path) -> list[Service]:
    if case.suffix == ".json":
        return []
    try:
        return [one.service for one in fdl.parse_document(case.read_bytes().decode(), read_script)]
    except fdl.FdlError:
        return []


ACCEPTED = [(case.name, service) for case in CASES for service in services(case)]


@pytest.mark.parametrize(("case", "service"), ACCEPTED, ids=lambda value: str(value)[:30])
def test_nothing_changes(case: str, service: Service) -> None:
    answer = service_json(service, "t" * 64, None)
    text = definition.document([definition.stated(answer)])
    [again] = fdl.parse_document(text, read_script)
    step = plan([again.service], {service.name: answer})[0]
    assert (step.action, step.differs) == ("replace", False), f"{case}: {text}"


def test_there_are_some() -> None:
    assert len(ACCEPTED) > 30
