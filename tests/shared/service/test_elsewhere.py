"""What does nothing here is said, and what is nothing at all as well."""

from __future__ import annotations

from typing import Any

import pytest

from shared.service import fdl
from shared.service.expose import expose_json
from shared.service.model import Expose


def warnings(**fields: Any) -> tuple[str, ...]:
    body = {"name": "n", "image": "i", "script": "s", "expose": {"api_port": 5000}}
    return fdl.parse_service(body | fields).warnings


@pytest.mark.parametrize(
    ("fields", "warned"),
    [
        ({"memroy": "1Gi"}, ["memroy: unknown field is ignored; did you mean memory?"]),
        (
            {"enviroment": {"Variables": {"A": "1"}}},
            ["enviroment: unknown field is ignored; did you mean environment?"],
        ),
        ({"zzz": 1}, ["zzz: unknown field is ignored"]),
        ({"mount": {"path": "a"}}, ["mount: has no effect here: object storage is not mounted; "]),
        (
            {"input": [{"path": "a"}], "output": [{"path": "b"}]},
            ["input: has no effect here: files", "output: has no effect here: results"],
        ),
        ({"replicas": [{"type": "oscar"}]}, ["replicas: has no effect here: no jobs "]),
        ({"synchronous": {"min_scale": 1}}, ["synchronous: has no effect here: "]),
        ({"interlink_node_name": "n"}, ["interlink_node_name: has no effect here: "]),
        ({"isolation_level": "USER"}, ["isolation_level: has no effect here: "]),
    ],
)
def test_what_would_be_missed_is_told(fields: dict[str, Any], warned: list[str]) -> None:
    found = warnings(**fields)
    assert len(found) == len(warned)
    assert all(one.startswith(start) for one, start in zip(found, warned, strict=True))


def test_what_clients_in_go_write_of_everything_is_not() -> None:
    """Every field of OSCAR's JSON, as a client that set none of them sends it."""
    fields: dict[str, Any] = dict.fromkeys(("input", "output", "volume"))
    fields |= {"mount": {}, "alpine": False, "vo": "", "clusters": {}, "isolation_level": ""}
    expose = expose_json(Expose(api_port=(5000,)))
    assert warnings(visibility="private", expose=expose, **fields) == ()


def test_the_fields_are_kept_as_they_came() -> None:
    body = {"name": "n", "image": "i", "script": "s", "vo": "x", "zzz": [1]}
    assert fdl.parse_service(body).service.extra == {"vo": "x", "zzz": [1]}
