"""docs/operate/scaling.md names settings with their defaults, and reasons that there are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.management.objects.spans import BESIDE, STEPS
from scaler.report.glossary import MEANINGS
from shared.service import durations
from shared.service.model import STARTUP_TIMEOUT

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs/operate/scaling.md").read_text()
WORDS = " ".join(TEXT.split())
REFERENCE = yaml.safe_load((ROOT / "manifests" / "scaler-config.yaml").read_text())["defaults"]
SETTINGS = re.findall(r"^\| `([a-z_.]+)` \| (\S+) \|", TEXT, re.M)
REASONS = re.findall(r"^\| `([A-Z]\w+)` \|", TEXT, re.M)


def default_of(path: str) -> Any:
    """What the reference, which another test holds to the code, has at `path`."""
    found = REFERENCE
    for name in path.split("."):
        found = found[name]
    return found


@pytest.mark.parametrize(("path", "told"), SETTINGS)
def test_a_setting_stands_there_with_its_default(path: str, told: str) -> None:
    default = default_of(path)
    if isinstance(default, str) and told[-1] == "s" and told[0].isdigit():
        assert durations.seconds(default) == durations.seconds(told)
    else:
        assert yaml.safe_load(told) == default


def test_the_reasons_are_those_that_decisions_give() -> None:
    assert len(REASONS) > 10
    assert set(REASONS) <= set(MEANINGS)


def test_starts_and_ends_take_the_time_that_is_told() -> None:
    assert f"`expose.startup_timeout` ({STARTUP_TIMEOUT} s)" in WORDS
    assert f"A rollout fails {BESIDE} s after that" in WORDS
    *most, last = map(str, STEPS)
    assert f"in steps of {', '.join(most)} and {last} s" in WORDS
