"""docs/operate/settings.md has every setting with its default and meaning, and none besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from gateway import settings as gateway
from gateway.management import settings as management
from scaler.config import settings as scaler
from shared.runtime.settings import Variables
from tests.documentation.pages import BY_NAME, ROOT

PAGE = BY_NAME["docs/operate/settings.md"]
FILE = yaml.safe_load((ROOT / "manifests/scaler-config.yaml").read_text())
CHOICES = {"prometheus", "tolerance", "wake_except", "fallback", "down", "up", "hpa", "defaults"}
"""Sections of the scaler's file; every other mapping is a value."""


@pytest.mark.parametrize(
    ("heading", "variables"),
    [
        ("Gateway", gateway.VARIABLES),
        ("Services API", management.VARIABLES),
        ("Scaler", scaler.VARIABLES),
    ],
)
def test_every_variable_stands_there_as_its_program_says_it(
    heading: str, variables: Variables
) -> None:
    told = {row[0].strip("`"): tuple(row[1:3]) for row in PAGE.table(heading)}
    assert told == {
        name: (f"`{default}`" if default else "–", meaning)
        for name, (default, meaning) in variables.items()
    }


def fields(layer: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field below `layer` with its default; sections are left out for what is in them."""
    for name, value in layer.items():
        if name in CHOICES and isinstance(value, dict):
            yield from fields(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def test_every_field_of_the_scalers_file_stands_there_with_its_default() -> None:
    """That the file is the code's, another test holds (tests/scaler/config/test_document.py)."""
    told = {
        row[0].strip("`"): yaml.safe_load(row[1].strip("`"))
        for row in PAGE.table("The scaler's file")
    }
    assert told == dict(fields(FILE))


def test_every_row_says_when_to_change_it() -> None:
    headings = ("Gateway", "Services API", "Scaler", "The scaler's file")
    rows = [row for heading in headings for row in PAGE.table(heading)]
    assert [row[0] for row in rows if len(row) != 4 or not row[3]] == []
