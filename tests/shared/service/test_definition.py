"""What a new definition is held to, beyond the types of its fields."""

from __future__ import annotations

from typing import Any

import pytest

from shared.service import fdl

BODY = {"name": "n", "image": "i", "script": "s", "expose": {"api_port": 5000}}


def problems(**fields: Any) -> tuple[str, ...]:
    with pytest.raises(fdl.FdlError) as caught:
        fdl.parse_service(BODY | fields)
    return caught.value.problems


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"labels": {"a b": "c"}}, "labels.a b: is no key"),
        ({"labels": {"a": "b c"}}, "labels.a: 'b c' is no value of a label"),
        ({"annotations": {"a b": "c"}}, "annotations.a b: is no key"),
        ({"annotations": {"a": "b" * 300_000}}, "annotations: takes 300001 bytes"),
        ({"image_pull_secrets": ["a", "A"]}, "image_pull_secrets[1]: 'A' cannot name a Secret"),
        ({"image_pull_secrets": [1]}, "image_pull_secrets: [1] is not a list of text"),
        ({"image": "i" * 2000}, "image: is longer than 1024 characters"),
        ({"image": 7}, "image: 7 is a number; write it in quotes if it is meant"),
        ({"script": 1.5}, "script: 1.5 is a number"),
        ({"cpu": "0.0001"}, "cpu: 0.0001 is outside 0.001 to 100000"),
        ({"cpu": "1M"}, "cpu: 1M is outside 0.001 to 100000"),
        ({"memory": "2E"}, "memory: 2E is outside 1 to "),
        ({"environment": {"variables": {"a b": "c"}}}, "environment.variables.a b: is no name"),
        ({"environment": {"secrets": {"1": "c"}}}, "environment.secrets.1: is no name"),
        (
            {"environment": {"variables": {f"V{n}": "" for n in range(1001)}}},
            "environment.variables: holds 1001 variables, and 1000 are read",
        ),
        (
            {"environment": {"secrets": {f"V{n}": "x" * 120_000 for n in range(9)}}},
            "environment.secrets: takes 1080018 bytes, and 262144 fit",
        ),
        ({"synchronous": {"min_scale": "many"}}, "synchronous.min_scale: 'many' is not a whole"),
        ({"total_memory": "lots"}, "total_memory: 'lots' is not a quantity"),
        ({"total_cpu": "-1"}, "total_cpu: -1 is below zero"),
        ({"input": {"path": "a"}}, "input: {'path': 'a'} is not a list"),
        ({"input": ["a"]}, "input[0]: 'a' is not a mapping of fields"),
        ({"input": [{"path": "//"}]}, "input[0].path: input path cannot be empty"),
        ({"output": [{}]}, "output[0].path: output path cannot be empty"),
        ({"mount": "a"}, "mount: 'a' is not a mapping"),
        ({"alpine": "x"}, "alpine: 'x' is not a switch"),
        ({"expose": []}, "expose: [] is not a mapping of fields"),
        ({"expose": False}, "expose: false is not a mapping of fields"),
        ({"script": "a\0"}, "script: holds the character NUL"),
    ],
)
def test_what_a_cluster_or_a_client_would_refuse(fields: dict[str, Any], problem: str) -> None:
    (found,) = problems(**fields)
    assert found.startswith(problem)


def test_what_is_set_here_comes_back_and_counts_for_nothing() -> None:
    labels = {"oscar_service": "n", "applicationId": "n", "owner_name": "a@b", "team": "x"}
    parsed = fdl.parse_service(BODY | {"labels": labels})
    assert (parsed.service.labels, parsed.warnings) == ({"team": "x"}, ())


@pytest.mark.parametrize("label", ["oscar_service", "applicationId", "app"])
def test_what_is_set_here_cannot_be_taken_over(label: str) -> None:
    parsed = fdl.parse_service(BODY | {"labels": {label: "other"}})
    assert parsed.service.labels == {}
    assert parsed.warnings[0].startswith(f"labels.{label}: is always '")


def test_known_fields_are_kept_in_the_types_that_clients_decode() -> None:
    written = {"total_cpu": 4, "ENABLE_GPU": "true", "log_level": 10, "synchronous": None}
    assert fdl.parse_service(BODY | written).service.extra == {
        "total_cpu": "4",
        "enable_gpu": True,
        "log_level": "10",
    }


@pytest.mark.parametrize(
    ("cut", "meant"), [("script", "cript"), ("image", "images"), ("name", "nmae")]
)
def test_a_missing_field_is_looked_for_among_the_unknown(cut: str, meant: str) -> None:
    body = {key: value for key, value in BODY.items() if key != cut} | {meant: "x"}
    with pytest.raises(fdl.FdlError, match=f"unknown field {meant}: did you mean {cut}"):
        fdl.parse_service(body)


def test_scaling_is_checked_when_it_is_new_and_left_alone_when_it_is_stored() -> None:
    wrong = {"api_port": 5000, "scaling": {"policy": "magic", "down": {"step": 0}, "pase": True}}
    assert problems(expose=wrong) == (
        "expose.scaling.policy: 'magic' is not one of responsive, hpa",
        "expose.scaling.down.step: 0 is below 1, the least allowed",
    )
    odd = {"api_port": 5000, "scaling": {"pase": True}}
    assert fdl.parse_service(BODY | {"expose": odd}).warnings == (
        "expose.scaling.pase: unknown field is ignored; did you mean pause?",
    )
    text = "name: n\nimage: i\nexpose: {api_port: 80, scaling: {policy: magic}}\n"
    stored = fdl.load_definition(text).expose
    assert stored is not None
    assert stored.scaling == {"policy": "magic"}


@pytest.mark.parametrize("memory", [256, "512", "1Ki"])
def test_a_forgotten_unit_is_told(memory: object) -> None:
    (told,) = fdl.parse_service(BODY | {"memory": memory}).warnings
    assert told.startswith(f"memory: {memory} are ")
    assert told.endswith("bytes, too few for any program; add a unit, as in 256Mi")


def test_a_variable_that_pods_do_not_get_is_told() -> None:
    environment = {
        "variables": {"OSCAR_SERVICE_NAME": "x", "A": "1"},
        "secrets": {"A": "2", "OSCAR_SERVICE_TOKEN": "x"},
    }
    assert fdl.parse_service(BODY | {"environment": environment}).warnings == (
        "environment.variables.OSCAR_SERVICE_NAME: is set here for each pod; what is written is "
        "ignored",
        "environment.secrets.OSCAR_SERVICE_TOKEN: is set here for each pod; what is written is "
        "ignored",
        "environment.secrets.A: is a plain variable too, which is what pods get",
    )
