"""Where paths lead, on raw bytes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.limits import Limits
from gateway.routing.match import PathError, check_climb, is_invocation, match, service_name
from gateway.services.registry import Services
from gateway.services.route import MANAGEMENT, RouteTable
from gateway.services.spec import ServiceSpec
from gateway.stats import Stats

E = b"/system/services/my-app/exposed"


def table() -> RouteTable:
    services = Services(Limits(), Stats())
    services.define([ServiceSpec("my-app")])
    services.manage([("127.0.0.1", 1)])
    return services.table


@pytest.mark.parametrize(
    "rest",
    [
        b"/",
        b"/x",
        b"//x//",
        b"/%41%2f%00x"[:7],
        b"/a;b=c?d=%zz",
        b"/?../..",
        b"/a/../b",
        b"/a/%2e%2e/b",
        b"/a/./b..c/..d",
        b"",
        b"?q",
    ],
)
def test_the_rest_is_byte_for_byte(rest: bytes) -> None:
    route, found = match(table(), E + rest)
    assert route is not None
    assert (route.spec.name, found) == ("my-app", rest)


@pytest.mark.parametrize(
    "target",
    [
        b"/",
        b"/other",
        b"//system/services/my-app/exposed/",
        b"/systemx",
        b"/x" + E,
        b"*",
        b"/system/services/my-app/exposedX",
        b"/system/services/my-app/Exposed/",
        b"/system/services/My-App/exposed/",
        b"/system/services/my-app-/exposed/",
        b"/system/services/" + b"a" * 64 + b"/exposed/",
    ],
)
def test_nowhere(target: bytes) -> None:
    assert match(table(), target) == (None, b"")
    assert service_name(target) == ""


@pytest.mark.parametrize("name", [b"other", b"my-app2", b"a" * 63])
def test_unknown_services(name: bytes) -> None:
    target = b"/system/services/" + name + b"/exposed/"
    assert match(table(), target)[0] is None
    assert service_name(target) == name.decode()


@pytest.mark.parametrize(
    "target",
    [
        b"/system/services",
        b"/system/services/my-app",
        b"/system/services/my-app/deployment",
        b"/system/info?x=..",
        b"/health",
    ],
)
def test_the_management_api(target: bytes) -> None:
    route, rest = match(table(), target)
    assert route is not None
    assert (route.spec.name, rest) == (MANAGEMENT, target)
    assert match(RouteTable(table().nowhere), target)[0] is None


@pytest.mark.parametrize(
    ("target", "is_one"),
    [
        (b"/run/my-app", True),
        (b"/job/my-app?x=1", True),
        (b"/run", False),
        (b"/run/", False),
        (b"/run/..", False),
        (b"/run/a/b", False),
        (b"/run/a%2fb", False),
        (b"/runs/a", False),
    ],
)
def test_invocations_of_oscar(target: bytes, is_one: bool) -> None:
    assert is_invocation(target) is is_one
    assert match(table(), target)[0] is None


@pytest.mark.parametrize(
    "target",
    [
        b"/system/services/my%2fapp/exposed/",
        b"/system/services/my%00/exposed/",
        b"/system/services/%2e%2e/exposed/",
        b"/system/services/%2E./exposed/",
        b"/system/services/a%5cb/exposed/",
        b"/system/services/a\\b/exposed/",
        b"/system/services/../services/my-app/exposed/",
        b"/system/%252e%252e/x",
        b"/system/..",
        E + b"/..",
        E + b"/../",
        E + b"/../../other/exposed/",
        E + b"/a/../../x",
        E + b"/a/..//../x",
        E + b"/%2e%2e/x",
        E + b"/.%2E/x",
        E + b"/%2e./x",
        E + b"/a/%2e%2e/%2e%2e/x",
        E + b"/..%2fx",
        E + b"/..%5cx",
        E + b"/..\\x",
        E + b"/a%2f../..%2f..",
        E + b"/a%2fb/../../..",
        E + b"/%252e%252e/x",
        E + b"/%25252e%25252e/x",
        E + b"/..;x=y/z",
        E + b"/a/..;/..;/z",
        E + b"/./../x",
        E + b"/x%00../",
    ],
)
def test_no_spelling_of_two_dots_climbs_out(target: bytes) -> None:
    with pytest.raises(PathError):
        match(table(), target)


def climbs(segments: list[bytes]) -> bool:
    depth = 0
    for segment in segments:
        name = segment.partition(b";")[0]
        if name == b"..":
            depth -= 1
        elif name not in (b"", b"."):
            depth += 1
        if depth < 0:
            return True
    return False


def oracle(path: bytes) -> bool:
    """Whether a path is refused, segment by segment and step by step."""
    step = re.compile(rb"%([0-9a-fA-F]{2})")
    reading = path
    for _ in range(4):
        dots = step.sub(lambda one: b"." if one[1].lower() == b"2e" else one[0], reading)
        readings = (reading.split(b"/"), re.split(rb"[/\\]", reading), dots.split(b"/"))
        if b"\0" in reading or any(map(climbs, readings)):
            return True
        decoded = step.sub(lambda one: bytes((int(one[1], 16),)), reading)
        if decoded == reading:
            return False
        reading = decoded
    return True


WORDS = (b"/", b"..", b".", b"a", b";", b"\\", b"%2e", b"%2E", b"%2f", b"%5c", b"%25", b"%", b"25")
MORE = (b"2e", b"%00", b"%32", b"%65", b"%3b", b"\xff", b"%zz")


@settings(max_examples=400)
@given(st.lists(st.sampled_from(WORDS + MORE), max_size=14).map(b"".join))
def test_the_verdict_is_that_of_reading_step_by_step(path: bytes) -> None:
    try:
        check_climb(path)
        refused = False
    except PathError:
        refused = True
    assert refused is oracle(path)
