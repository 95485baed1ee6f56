"""What a container's command and environment become."""

from __future__ import annotations

from typing import Any

import pytest

from shared.embedded.kinds import CONFIG_MAP, SECRET, Kind
from shared.embedded.node.environment import (
    ConfigError,
    base_environment,
    command_line,
    environment,
    expand,
    field_value,
    rewrite,
)

POD: dict[str, Any] = {
    "metadata": {"name": "p", "namespace": "n", "uid": "u", "labels": {"app": "web"}},
    "spec": {"nodeName": "local"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(A)/x", "1/x"),
        ("$$(A)", "$(A)"),
        ("$(NONE)", "$(NONE)"),
        ("$A ${A}", "$A ${A}"),
        ("$(A)$(B)", "1$(A)"),  # values are not expanded again
    ],
)
def test_references(text: str, expected: str) -> None:
    assert expand(text, {"A": "1", "B": "$(A)"}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/oscar/config/script.sh", "/v/c/script.sh"),
        ("sh -c '/oscar/config/script.sh; ls /oscar/config'", "sh -c '/v/c/script.sh; ls /v/c'"),
        ("/oscar/config2/x", "/oscar/config2/x"),
        ("/data/oscar/config", "/data/oscar/config"),
        ("PATH=/oscar/bin:/usr/bin", "PATH=/v/b:/usr/bin"),
        ("/oscar/config/deep/file", "/v/deep/file"),
        ("/system/services/x/exposed", "/system/services/x/exposed"),
        ("${HOME}/oscar/config $(pwd)/oscar/config", "${HOME}/oscar/config $(pwd)/oscar/config"),
        ("http://h:80/oscar/config ~/oscar/config", "http://h:80/oscar/config ~/oscar/config"),
        ('"$A" "/oscar/config" ={/oscar/config}', '"$A" "/v/c" ={/v/c}'),
    ],
)
def test_mount_paths_are_rewritten_as_whole_names_longest_first(text: str, expected: str) -> None:
    mounts = {"/oscar/config": "/v/c", "/oscar/bin/": "/v/b", "/oscar/config/deep": "/v/deep"}
    assert rewrite(text, mounts) == expected


def test_a_mount_of_everything_rewrites_nothing() -> None:
    assert rewrite("/bin/sh", {"/": "/v"}) == "/bin/sh"


def test_only_harmless_variables_of_ours_are_passed_on() -> None:
    outer = {"HOME": "/h", "PATH": "/bin", "KUBECONFIG": "secret", "AWS_SECRET": "s"}
    assert base_environment(outer, "/venv/bin") == {"HOME": "/h", "PATH": "/venv/bin:/bin"}


def lookup(kind: Kind, name: str) -> dict[str, str] | None:
    return {(CONFIG_MAP, "c"): {"k": "v"}, (SECRET, "s"): {"t": "x"}}.get((kind, name))


def given(env: list[Any] | None = None, sources: list[Any] | None = None) -> dict[str, str]:
    return environment({"env": env, "envFrom": sources}, POD, "127.9.0.1", lookup)


def test_later_ones_win_and_prefixes_are_put_before() -> None:
    sources = [{"configMapRef": {"name": "c"}}, {"secretRef": {"name": "s"}, "prefix": "S_"}]
    assert given([{"name": "k", "value": "own"}], sources) == {"k": "own", "S_t": "x"}


def test_a_variable_without_value_is_empty() -> None:
    assert given([{"name": "E"}]) == {"E": ""}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"configMapKeyRef": {"name": "no", "key": "k"}}, 'configmap "no" not found'),
        ({"secretKeyRef": {"name": "s", "key": "no"}}, "couldn't find key no in Secret s"),
        ({"fieldRef": {"fieldPath": "spec.no"}}, "spec.no is not one"),
    ],
)
def test_what_is_missing_is_named(source: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        given([{"name": "X", "valueFrom": source}])
    with pytest.raises(ConfigError, match="not found"):
        given(sources=[{"configMapRef": {"name": "no"}}])


def test_what_is_optional_may_be_missing() -> None:
    reference = {"name": "no", "key": "k", "optional": True}
    assert given([{"name": "X", "valueFrom": {"secretKeyRef": reference}}]) == {}
    assert given(sources=[{"configMapRef": {"name": "no", "optional": True}}]) == {}


def test_fields_of_the_pod() -> None:
    assert field_value("status.podIP", POD, "127.9.0.1") == "127.9.0.1"
    assert field_value("metadata.labels['app']", POD, "") == "web"
    assert field_value("spec.nodeName", POD, "") == "local"


def test_resources_of_the_container() -> None:
    container = {
        "env": [{"name": "L", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}],
        "resources": {"limits": {"cpu": "2"}},
    }
    assert environment(container, POD, "", lookup) == {"L": "2"}


def test_arguments_without_a_command_are_none() -> None:
    assert command_line({"args": ["x"]}, {}) == []
    assert command_line({"command": ["a", "$(B)"], "args": ["c"]}, {"B": "b"}) == ["a", "b", "c"]
