"""docs/use/definition.md has every field of a definition with its default, and none besides."""

from __future__ import annotations

from dataclasses import MISSING, asdict, fields
from typing import Any

import pytest

from gateway.management.objects import pod
from shared.service import definition, elsewhere
from shared.service.fdl import parse_service
from shared.service.model import Environment, Expose, Service, Timeouts
from tests.documentation.pages import BY_NAME

PAGE = BY_NAME["docs/use/definition.md"]
READ_HERE = {"enable_gpu", "ephemeral_storage_request"}
"""Of OSCAR's further fields those that do something (gateway/management/objects/pod.py)."""
WRITTEN = {"node_port": "NodePort", "variables": "Variables", "secrets": "Secrets"}


def told(heading: str) -> dict[str, str]:
    return {row[0].strip("`"): row[1].strip("`") for row in PAGE.table(heading)}


def known(kind: Any) -> dict[str, str]:
    """The fields of a value and their defaults, as the tables write them; – is none."""
    return {
        WRITTEN.get(field.name, field.name): _shown(field.default)
        for field in fields(kind)
        if field.name != "extra"
    }


def _shown(default: Any) -> str:
    if default is MISSING or default is None or default == () or hasattr(default, "__slots__"):
        return "–"
    return str(default).lower() if isinstance(default, bool) else f"{default}"


def test_the_fields_of_a_service() -> None:
    further = {"enable_gpu": "false", "ephemeral_storage_request": "–"}
    assert told("A service") == known(Service) | further


def test_the_fields_of_expose() -> None:
    assert told("Expose") == known(Expose)


def test_the_timeouts() -> None:
    assert told("Timeouts") == {name: f"{time:g}" for name, time in asdict(Timeouts()).items()}


def test_the_environment() -> None:
    rows = told("Environment")
    assert {name for name in rows if not name.startswith("OSCAR_")} == set(known(Environment))
    assert {name for name in rows if name.startswith("OSCAR_")} == set(definition._TAKEN)


def test_pods_get_those_variables() -> None:
    body = {"name": "a", "image": "i", "script": "s", "expose": {"api_port": 1}}
    made = pod._environment(parse_service(body).service)
    assert {entry["name"] for entry in made} == set(definition._TAKEN)


def test_the_fields_that_do_nothing() -> None:
    rows = PAGE.table("Fields of OSCAR that do nothing here")
    names = {name.strip(" `") for row in rows for name in row[0].split(",")}
    groups = ("_TEXTS", "_FLAGS", "_QUANTITIES", "_WORDS", "_MAPPINGS", "_FORMER")
    kept = {name for group in groups for name in getattr(elsewhere, group)}
    assert names == (kept | {"synchronous", "input", "output"}) - READ_HERE


@pytest.mark.parametrize("name", sorted(READ_HERE))
def test_the_others_do_something(name: str) -> None:
    body = {"name": "a", "image": "i", "script": "s", "expose": {"api_port": 1}}
    value: Any = True if name == "enable_gpu" else "2Gi"
    plain = pod._resources(parse_service(body).service)
    assert pod._resources(parse_service(body | {name: value}).service) != plain
