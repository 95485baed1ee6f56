"""docs/operate/tracing.md names every setting, phase and attribute, and the bounds in force."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from gateway.settings import VARIABLES
from gateway.tracing import attributes, exporter
from gateway.tracing.trace import Name

TEXT = (Path(__file__).parents[3] / "docs/operate/tracing.md").read_text()
CODE = Path(attributes.__file__).read_text()
ROWS = [line.split(" | ")[0] for line in TEXT.splitlines() if line.startswith("| `")]
TOLD = {name for row in ROWS for name in re.findall(r"`([^`]+)`", row)}


def test_every_setting() -> None:
    told = {name for name in TOLD if name.startswith("GATEWAY_")}
    assert told == {name for name in VARIABLES if name.startswith("GATEWAY_TRACES")}


def test_every_phase_and_every_attribute() -> None:
    used = set(re.findall(r'"((?:exposed|http|url|server|network|error)\.[a-z_.]+)"', CODE))
    phases = set(get_args(Name))
    others = {name for name in TOLD if not name.startswith("GATEWAY_")}
    assert others == phases | used - {"network.peer.port"}
    assert "network.peer.port" in TEXT


@pytest.mark.parametrize(
    "sentence",
    [
        f"keeps {exporter.CAPACITY} spans at most",
        f"not taken within {exporter.TIMEOUT:g} s",
        f"for {exporter.FLUSH:g} s at most",
    ],
)
def test_the_bounds(sentence: str) -> None:
    assert sentence in " ".join(TEXT.split())
