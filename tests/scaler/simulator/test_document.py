"""docs/operate/simulator.md names the loads and units that there are, and their spread."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scaler.commands.simulate import simulate
from scaler.simulator.faults import FAULTS
from scaler.simulator.recorded import UNITS
from scaler.simulator.scenario import SCENARIOS

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs/operate/simulator.md").read_text(encoding="utf-8")


def test_the_readme_leads_to_it() -> None:
    assert "(docs/operate/simulator.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_all_kinds_are_named_and_no_others() -> None:
    rows = set(re.findall(r"^\| `([a-z][a-z-]*)`", TEXT, re.MULTILINE))
    units = {unit for unit in UNITS if f"`{unit}`" in TEXT}
    traffic = {name for name in SCENARIOS if name.startswith("traffic-")}
    assert units == set(UNITS)
    assert rows - units == traffic | FAULTS.keys()


@pytest.mark.parametrize("option", sorted(set(re.findall(r"--[a-z][a-z-]*", TEXT)) - {"--help"}))
def test_options_exist(option: str) -> None:
    assert any(option in each.opts for each in simulate.params)
