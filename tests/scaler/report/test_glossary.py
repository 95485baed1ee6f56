from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from scaler.decision.responsive import needs, steps
from scaler.report.glossary import MEANINGS, explained

SCALER_CONFIG = Path(__file__).parents[3] / "manifests" / "scaler-config.yaml"


def names(path: str) -> set[str]:
    """The strings of a file that are names of rules: several words, each with a capital."""
    constants = (node for node in ast.walk(ast.parse(Path(path).read_text())))
    texts = {each.value for each in constants if isinstance(each, ast.Constant)}
    return {text for text in texts if isinstance(text, str) and re.fullmatch(r"([A-Z]\w+)+", text)}


@pytest.mark.parametrize("module", [needs, steps])
def test_every_rule_has_a_meaning(module: object) -> None:
    found = names(str(module.__file__))  # type: ignore[attr-defined]
    assert found
    assert found - MEANINGS.keys() == set()


def test_settings_that_are_named_exist() -> None:
    fields = SCALER_CONFIG.read_text()
    for meaning in MEANINGS.values():
        for path in re.findall(r"\b(?:up|down|hpa)\.[\w.]+", meaning):
            section, name, *_ = path.split(".")
            assert re.search(rf"\n  {section}:.*\n(    .*\n)*?    {name}:", fields), path


def test_what_is_told_of_a_name() -> None:
    assert explained("DownStep").startswith("DownStep: so large a part")
    assert explained("All metrics below target") == "All metrics below target"
