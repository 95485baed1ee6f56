"""Which layer a setting comes from."""

from __future__ import annotations

from typing import Any

from scaler.config.document import Config, parse
from scaler.config.layers import layers
from scaler.config.scaling import Scaling
from scaler.decision import Policy
from shared.service.model import Expose

FILE = """
defaults: {tolerance: {up: 0.2}, hold: 1m, zero_after: 5m}
services:
  a: {pause: true, tolerance: {up: 0.3}}
"""


def told(config: Config, **scaling: Any) -> dict[str, tuple[str, str]]:
    expose = Expose(api_port=(80,), max_scale=4, scaling=scaling)
    found, _ = config.scaling_of("a", expose.scaling)
    return {each.name: (each.value, each.layer) for each in layers(config, "a", expose, found)}


def test_the_layer_that_wins_is_told_field_by_field() -> None:
    found = told(parse(FILE, Config()), zero_after="10m", hold="2m", policy="hpa")
    assert found["zero_after"] == ("10m", "expose.scaling")
    assert found["hold"] == ("2m", "expose.scaling")
    assert found["policy"] == ("hpa", "expose.scaling")
    assert found["tolerance.up"] == ("0.3", "services.a")
    assert found["pause"] == ("true", "services.a")
    assert found["max_scale"] == ("4", "definition")


def test_without_layers_the_defaults_are_told_as_such() -> None:
    found = told(Config())
    assert found["policy"] == ("responsive", "default")
    assert found["zero_after"] == ("none", "default")
    assert found["period"][1] == "default"


def test_a_period_of_the_environment_is_told_as_such_unless_the_file_has_one() -> None:
    base = Config(defaults=Scaling(policy=Policy(period=7.0)))
    assert told(base)["period"] == ("7 s", "environment")
    assert told(parse("defaults: {period: 3s}", base))["period"] == ("3s", "defaults")


def test_fields_that_nobody_reads_are_left_out_and_lists_are_told_whole() -> None:
    schedule = {"cron": "0 8 * * *", "duration": "1h", "min_replicas": 2}
    found = told(Config(), zero_afer="10m", schedules=[schedule])
    assert "zero_afer" not in found
    assert found["schedules"] == (
        '[{"cron":"0 8 * * *","duration":"1h","min_replicas":2}]',
        "expose.scaling",
    )
