from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from scaler.config.document import Config, ConfigError, parse
from scaler.config.scaling import Scaling
from scaler.config.schedules import Schedule
from scaler.decision import HPA, RESPONSIVE, Behavior, HpaOptions, Policy, Rate
from shared.service.model import Expose
from shared.service.scaling.schema import POLICIES
from shared.service.scaling.waking import WakeExcept

MANIFESTS = Path(__file__).parents[3] / "manifests"
SHIPPED = MANIFESTS / "base/scaler/config.yaml"
GATEWAYS = ["http://gateway:8081"]
REFERENCE = MANIFESTS / "scaler-config.yaml"


def scaling(text: str, name: str = "any", written: dict[str, Any] | None = None) -> Scaling:
    found, problems = parse(text, Config()).scaling_of(name, written or {})
    assert not problems
    return found


def test_nothing_written_is_the_built_in_default() -> None:
    assert scaling("") == Scaling()


def test_a_long_window_is_not_cut_short_by_the_longest() -> None:
    policy = scaling("defaults: {down: {window: 30m}}").policy
    assert (policy.down_window_s, policy.longest_window_s) == (1800, 1800)
    policy = scaling("{}", written={"down": {"window": "5m"}}).policy
    assert (policy.down_window_s, policy.longest_window_s) == (300, 700)


def test_the_shipped_configuration_is_right_and_states_the_defaults() -> None:
    config = parse(yaml.safe_load(SHIPPED.read_text())["data"]["config.yaml"], Config())
    assert not config.warnings
    assert config.defaults == Scaling()
    assert config.source.gateways == ("http://gateway-metrics.oscar.svc:8081",)


def test_the_reference_names_every_field_with_its_default() -> None:
    text = REFERENCE.read_text()
    assert parse(text, Config()) == Config(), f"bring {REFERENCE.name} up to the defaults"
    written = yaml.safe_load(text)["defaults"]
    assert keys(written) == keys(yaml.safe_load(EVERYTHING))


def keys(layer: Any) -> set[str]:
    """Names of all fields, but not those below behavior and schedules."""
    if not isinstance(layer, dict):
        return set()
    inner = (keys(value) for name, value in layer.items() if name != "behavior")
    return set(layer).union(*inner) - {"behavior", "schedules"}


EVERYTHING = """
policy: responsive
period: 1m
tolerance: {up: 0.05, down: 0.2}
warm_up: 45s
max_sample_age: 2m
default_request: 250m
in_flight_target: 4
cpu: false
rhythm: true
hold: 1m
zero_after: 20m
wake_to: 2
wake_except: {paths: [/health], user_agents: [bot]}
pause: true
dry_run: true
down: {window: 5m, longest_window: 20m, step: 10, every: 15, idle_wait: 30s}
up:
  {factor: 2, burst: 300, burst_window: 30s, saturated: 90, saturation_factor: 3,
   overload_step: 100, overload_every: 2m}
fallback: {replicas: 3, after: 5}
schedules:
  - {cron: "0 8 * * 1-5", duration: 10h, min_replicas: 3, timezone: Europe/Madrid}
hpa:
  container: main
  initialization_seconds: 120
  readiness_delay_seconds: 10
  stabilization_seconds: 60
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 30
      policies: [{type: Percent, value: 50, periodSeconds: 60}]
    scaleDown: {selectPolicy: Disabled, tolerance: 0}
"""


def test_every_field_reaches_the_policy() -> None:
    layer = yaml.safe_load(EVERYTHING)
    found = scaling(yaml.safe_dump({"defaults": layer, "gateways": GATEWAYS}))
    policy = found.policy
    assert found == Scaling(
        pause=True,
        dry_run=True,
        zero_after_s=1200.0,
        wake_to=2,
        wake_except=WakeExcept(("/health",), ("bot",)),
        schedules=(Schedule("0 8 * * 1-5", 36_000, 3, "Europe/Madrid"),),
        policy=Policy(
            name="responsive",
            tolerance_up=0.05,
            tolerance_down=0.2,
            period=60,
            down_window_s=300,
            longest_window_s=1200,
            down_step_pct=10,
            down_step_period_s=15,
            up_factor=2,
            burst_pct=300,
            burst_window_s=30,
            saturated_pct=90,
            saturation_factor=3,
            overload_step_pct=100,
            overload_period_s=120,
            warm_up_s=45,
            max_sample_age_s=120,
            default_request_m=250,
            in_flight_target=4,
            count_cpu=False,
            rhythm=True,
            hold_s=60,
            idle_wait_s=30,
            fallback_replicas=3,
            fallback_after=5,
            hpa=policy.hpa,
        ),
    )
    assert policy.hpa.container == "main"
    assert policy.hpa.initialization_s == 120
    assert policy.hpa.readiness_delay_s == 10
    assert policy.hpa.stabilization_s == 60
    default = Behavior()
    assert policy.hpa.behavior == Behavior(
        up=replace(default.up, window_s=30, rates=(Rate("Percent", 50, 60),)),
        down=replace(default.down, select="Disabled", tolerance=0),
    )


def test_every_setting_of_a_policy_can_be_configured() -> None:
    policy = scaling(f"{{defaults: {yaml.safe_load(EVERYTHING)}, gateways: {GATEWAYS}}}").policy
    assert unchanged(policy, Policy()) == {"name", "min_replicas", "max_replicas", "target_pct"}
    flags = {"up_factor", "up_minimum", "configurable_tolerance", "pod_level_requests"}
    assert unchanged(policy.hpa, Policy().hpa) == flags


def unchanged(settings: Policy | HpaOptions, default: Policy | HpaOptions) -> set[str]:
    names = (field.name for field in fields(settings))
    return {name for name in names if getattr(settings, name) == getattr(default, name)}


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ({}, 2.0),
        ({"defaults": 5}, 5.0),
        ({"defaults": 5, "expose": 7}, 7.0),
        ({"defaults": 5, "expose": 7, "services": 9}, 9.0),
        ({"services": 9}, 9.0),
        ({"expose": 7}, 7.0),
    ],
)
def test_later_layers_win_field_by_field(layers: dict[str, int], expected: float) -> None:
    document = {
        "defaults": {"period": layers.get("defaults"), "dry_run": True},
        "services": {"nginx": {"period": layers.get("services")}},
    }
    found = scaling(yaml.safe_dump(document), "nginx", {"period": layers.get("expose")})
    assert found.policy.period_s == expected
    assert found.dry_run, "a layer that does not say a field leaves it as it is"


def test_overrides_hold_for_their_service_only() -> None:
    text = "services: {nginx: {pause: true}}"
    assert scaling(text, "nginx").pause
    assert not scaling(text, "other").pause


def test_switches_back_to_learning_and_to_none() -> None:
    text = "{defaults: {warm_up: 30s, in_flight_target: 3, fallback: {replicas: 2}}}"
    policy = scaling(
        text,
        written={"warm_up": "learn", "in_flight_target": "none", "fallback": {"replicas": "none"}},
    ).policy
    assert policy.warm_up_s is None
    assert policy.in_flight_target is None
    assert policy.fallback_replicas is None


def test_all_problems_are_named_at_once_with_their_paths() -> None:
    text = """
    source: vibes
    prometheus: {url: nonsense, window: 2h}
    gateways: ["http://ok:1", "ok:1"]
    defaults: {period: 0.5, tolerance: {up: 2}, policy: smart,
               down: {step: 0, window: 61m, longest_window: 2h}}
    services:
      nginx:
        schedules: [{cron: "often", duration: 1s, timezone: Mars}]
        hpa: {behavior: {scaleUp: {policies: [{type: Pots}], selectPolicy: Any}}}
      other: 3
    """
    with pytest.raises(ConfigError) as error:
        parse(text, Config())
    found = {problem.split(": ")[0] for problem in error.value.problems}
    assert found == {
        "source",
        "prometheus.url",
        "prometheus.window",
        "gateways[1]",
        "defaults.period",
        "defaults.tolerance.up",
        "defaults.policy",
        "defaults.down.step",
        "defaults.down.window",
        "defaults.down.longest_window",
        "services.nginx.schedules[0].cron",
        "services.nginx.schedules[0].duration",
        "services.nginx.schedules[0].min_replicas",
        "services.nginx.schedules[0].timezone",
        "services.nginx.hpa.behavior.scaleUp.policies[0].type",
        "services.nginx.hpa.behavior.scaleUp.selectPolicy",
        "services.other",
    }


def test_prometheus_needs_its_address() -> None:
    with pytest.raises(ConfigError, match=r"prometheus.url: is missing"):
        parse("source: prometheus", Config())


def test_text_that_is_no_yaml_is_refused() -> None:
    with pytest.raises(ConfigError, match="not valid YAML: line"):
        parse("{", Config())


def test_an_odd_blank_is_named_where_it_stands() -> None:
    with pytest.raises(ConfigError, match="line 2, column 1: a no-break space"):
        parse("source: kubelet\n\u00a0defaults: {}\n", Config())


def test_a_field_nobody_knows_is_a_warning_with_a_guess() -> None:
    config = parse("defaults: {perid: 3s}\nservices: {a: {polcy: hpa}}", Config())
    assert [warning.split(";")[1] for warning in config.warnings] == [
        " did you mean period?",
        " did you mean policy?",
    ]


def test_wrong_fields_of_a_definition_are_told_and_the_others_hold() -> None:
    found, problems = Config().scaling_of("any", {"period": "soon", "dry_run": True})
    assert found.dry_run
    assert found.policy.period_s == Policy().period_s
    assert [problem.split(": ")[0] for problem in problems] == ["expose.scaling.period"]


def test_bounds_and_target_are_the_definitions() -> None:
    expose = Expose(api_port=(80,), min_scale=2, max_scale=7, cpu_threshold=50)
    policy = Scaling().policy_for(expose)
    assert (policy.min_replicas, policy.max_replicas, policy.target_pct) == (2, 7, 50)


@pytest.mark.parametrize(("least", "expected"), [(1, 2), (5, 5), (99, 7)])
def test_a_schedule_raises_the_minimum_within_the_maximum(least: int, expected: int) -> None:
    expose = Expose(api_port=(80,), min_scale=2, max_scale=7)
    scaling = Scaling(schedules=(Schedule("* * * * *", 120.0, least),))
    scheduled = scaling.least_replicas(now=1e9)
    assert scaling.policy_for(expose, scheduled).min_replicas == expected


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("", {}, None),
        ("", {"zero_after": "10m"}, 600.0),
        ("defaults: {zero_after: 1h}", {}, 3600.0),
        ("defaults: {zero_after: 1h}", {"zero_after": "none"}, None),
        ("defaults: {zero_after: 1h}", {"zero_after": 0}, None),
        ("services: {any: {zero_after: 30s}}", {"zero_after": "none"}, 30.0),
    ],
)
def test_when_a_service_sleeps_is_said_by_the_last_layer(
    text: str, written: dict[str, Any], expected: float | None
) -> None:
    found, _ = parse(text, Config()).scaling_of("any", written)
    assert found.zero_after_s == expected


def test_who_does_not_wake_and_to_what_size_is_read() -> None:
    written = {"wake_to": 3, "wake_except": {"paths": ["/health"], "user_agents": ["Bot"]}}
    found, problems = Config().scaling_of("any", written)
    assert (found.wake_to, found.wake_except) == (3, WakeExcept(("/health",), ("bot",)))
    assert problems == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("defaults: {wake_except: {paths: [/health]}}", ["defaults.wake_except"]),
        ("services: {any: {wake_except: {paths: [/health]}}}", ["services.any.wake_except"]),
        ("defaults: {wake_except: {paths: []}}", []),
    ],
)
def test_whose_requests_wake_nothing_is_not_for_the_scaler_to_read(
    text: str, told: list[str]
) -> None:
    warnings = parse(text, Config()).warnings
    assert [one.split(":")[0] for one in warnings] == told
    assert all("gateways do not read this file" in one for one in warnings)


def test_the_policies_that_may_be_written_are_those_there_are() -> None:
    assert set(POLICIES) == {RESPONSIVE, HPA}


@pytest.mark.parametrize(
    ("text", "written", "told"),
    [
        ("", {"policy": "hpa", "down": {"window": "1m"}}, ["expose.scaling.down"]),
        ("defaults: {policy: hpa}", {"in_flight_target": 3}, ["expose.scaling.in_flight_target"]),
        ("services: {any: {policy: hpa}}", {"hold": 60}, ["expose.scaling.hold"]),
        ("services: {any: {up: {factor: 2}}}", {"policy": "hpa"}, ["services.any.up"]),
        ("", {"hpa": {"container": "x"}}, ["expose.scaling.hpa"]),
        ("defaults: {policy: hpa}", {"hpa": {"container": "x"}}, []),
        ("services: {any: {policy: hpa}}", {"up": {}, "tolerance": 0.1}, []),
        ("", {"cpu": False}, ["cpu: false leaves nothing"]),
        ("gateways: ['http://gateway:8081']", {"cpu": False}, []),
        ("", {"zero_after": "10m"}, ["zero_after: is never reached"]),
        ("gateways: ['http://gateway:8081']", {"zero_after": "10m"}, []),
    ],
)
def test_settings_that_the_policy_which_holds_does_not_read_are_told(
    text: str, written: dict[str, Any], told: list[str]
) -> None:
    _, problems = parse(text, Config()).scaling_of("any", written)
    assert len(problems) == len(told)
    assert all(one.startswith(start) for one, start in zip(problems, told, strict=True))


@pytest.mark.parametrize(
    ("defaults", "told"),
    [
        ("{policy: hpa, fallback: {replicas: 2}}", "defaults.fallback: has no effect under policy"),
        ("{hpa: {container: main}}", "defaults.hpa: has an effect on services that choose"),
    ],
)
def test_defaults_that_nothing_reads_are_told(defaults: str, told: str) -> None:
    (warning,) = parse(f"defaults: {defaults}", Config()).warnings
    assert warning.startswith(told)


def test_policy_hpa_cannot_do_without_cpu() -> None:
    with pytest.raises(ConfigError, match=r"defaults\.cpu: false leaves policy hpa nothing"):
        parse("defaults: {policy: hpa, cpu: false}", Config())
