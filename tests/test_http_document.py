"""docs/operate/http.md names what the gateway does: every reason, field and setting, no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway import settings
from gateway.protocol import http1
from gateway.protocol.reasons import REASONS

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs/operate/http.md").read_text()
ROWS = re.findall(r"^\| (\d{3}) \| `([a-z_]+)` \| ([^|]+) \| ([^|]+) \|$", TEXT, re.MULTILINE)


def part(heading: str) -> str:
    return TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def first_cells(heading: str) -> str:
    """What the first column of a part's tables names, in lower case."""
    return " ".join(re.findall(r"^\| ([^|]+) \|", part(heading), re.MULTILINE)).lower()


def test_every_reason_stands_there_with_its_status_and_no_other() -> None:
    assert {(int(status), reason) for status, reason, _, _ in ROWS} == {
        (reason.status, name) for name, reason in REASONS.items()
    }
    assert len(ROWS) == len(REASONS)


@pytest.mark.parametrize("name", sorted(http1._OF_REQUESTS))
def test_every_field_of_requests_that_does_not_pass_as_it_came_stands_there(name: bytes) -> None:
    assert f"`{name.decode()}`" in first_cells("Requests: fields") + first_cells("Credentials")


@pytest.mark.parametrize("name", sorted(http1._OF_RESPONSES))
def test_every_field_of_answers_that_does_not_pass_as_it_came_stands_there(name: bytes) -> None:
    assert f"`{name.decode()}`" in first_cells("Answers: fields")


def test_every_setting_that_is_named_exists() -> None:
    assert set(re.findall(r"GATEWAY_[A-Z0-9_]+", TEXT)) <= settings.VARIABLES.keys()


def test_every_link_leads_somewhere() -> None:
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        file, _, anchor = target.partition("#")
        assert not file or (ROOT / "docs/operate" / file).exists(), target
        assert file or anchor in anchors, target
    assert "(docs/operate/http.md)" in (ROOT / "README.md").read_text()
