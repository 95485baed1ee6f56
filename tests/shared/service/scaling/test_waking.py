"""Whose requests do not wake a service, and how that may be written."""

from __future__ import annotations

import pytest

from shared.service.fields import Fields, Problems
from shared.service.scaling.waking import (
    MOST,
    WakeExcept,
    read_wake_except,
    wake_except_of,
    wake_to_of,
)


@pytest.mark.parametrize(
    ("pattern", "path", "spared"),
    [
        ("/health", "/health", True),
        ("/health", "/healthz/live", True),
        ("/health", "/api/health", False),
        ("*/health", "/api/health", True),
        ("*/health", "/api/healthz", False),
        ("/a*c", "/abbbc", True),
        ("/a*c", "/abbb", False),
        ("/ab*ba", "/aba", False),
        ("/ab*ba", "/abba", True),
        ("/a*b*c*", "/a-c-b-c-d", True),
        ("/a*b*c*", "/a-c-b-d", False),
        ("/x[1]?", "/x[1]?", True),
        ("/x[1]?", "/x12", False),
    ],
)
def test_a_path_is_a_prefix_or_a_pattern_for_all_of_it(
    pattern: str, path: str, spared: bool
) -> None:
    assert WakeExcept(paths=(pattern,)).spares(path, "curl/8.0") is spared


def test_a_pattern_takes_time_as_the_path_is_long_and_no_more() -> None:
    pattern = "/" + "*a" * 90 + "b"
    assert not WakeExcept(paths=(pattern,)).spares("/" + "a" * 8000, "")


def test_a_user_agent_is_known_by_a_part_of_it_whatever_the_case() -> None:
    spared = wake_except_of({"wake_except": {"user_agents": ["GoogleBot", "kube-probe/"]}})
    assert spared.spares("/", "Mozilla/5.0 (compatible; googlebot/2.1)")
    assert not spared.spares("/", "curl/8.0")
    assert not spared.spares("/", "")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"paths": ["health"]}, "wake_except.paths[0]: 'health' is no path; begin it with / or *"),
        ({"paths": [""]}, "wake_except.paths[0]: is empty"),
        ({"user_agents": [" "]}, "wake_except.user_agents[0]: is empty"),
        ({"user_agents": ["a" * 201]}, "wake_except.user_agents[0]: is longer than 200"),
        ({"paths": ["/a"] * (MOST + 1)}, f"wake_except.paths: has {MOST + 1} entries"),
        ({"paths": "/a"}, "wake_except.paths: '/a' is not a list of text"),
        ("bots", "wake_except: 'bots' is not a mapping of fields"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(written: object, told: str) -> None:
    problems = Problems()
    read_wake_except(Fields({"wake_except": written}, "", problems))
    assert len(problems.errors) == 1
    assert problems.errors[0].startswith(told)


def test_what_is_stored_wrong_counts_as_absent() -> None:
    stored = {"wake_except": {"paths": ["/health", "", 7], "user_agents": ["bot", ""]}}
    assert wake_except_of(stored) == WakeExcept((), ("bot",))
    assert wake_except_of({}) == WakeExcept()
    assert (wake_to_of({"wake_to": 3}), wake_to_of({"wake_to": "x"}), wake_to_of({})) == (3, 0, 0)
