"""Streams of heads, by chance, through planner and shapes: whatever is filled in is the same.

Real clients' heads with what differs in them, damaged ones, and heads of a small grammar that has
every field and spelling that the planner looks at. What is refused is never filled in.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.hot_path.clients import CLIENTS, head
from gateway.limits import Limits
from gateway.routing.compose import Profile
from shared.service.scaling.waking import WakeExcept
from tests.gateway.literals import literals
from tests.gateway.mutations import mutated
from tests.gateway.routing.heads import OTHERS, TOKEN, Both

PREFIX = b"/system/services/echo/exposed"
SPECS: list[dict[str, Any]] = [
    {},
    {"rewrite_target": True},
    {"set_auth": True},
    {"set_auth": True, "auth_type": "forward"},
    {"affinity": True, "wake_except": WakeExcept(paths=("/a",), user_agents=("bot",))},
]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("seed", range(3))
def test_damaged_heads_of_real_clients(seed: int, spec: dict[str, Any]) -> None:
    random = Random(seed)
    both = Both(Limits(body=10_000), **spec)
    token = b"\r\nAuthorization: Bearer " + TOKEN + b"\r\n"
    for number in range(1500):
        raw = head(random.choice(CLIENTS), number, random.choice([0, 5, 1024, 10_001]))
        if spec.get("set_auth") and b"Authorization" not in raw:
            raw = raw.replace(b"\r\n", token, 1)
        both.request(mutated(random, raw) + b"\r\n\r\n")
    assert both.filled > 150


def corpus() -> list[bytes]:
    """The heads and, each in a head of its own, the field lines, paths and values of all tests of
    the gateway, without their ends; `%b` is where each differs from the one before."""
    found = set()
    start = b"GET " + PREFIX
    for one in literals():
        text = one.replace(b"%", b"%%").removesuffix(b"\r\n")
        if b" HTTP/1." in text:
            found.add(text.partition(b"\r\n\r\n")[0] + b"\r\nX-Number: %b")
        elif text.startswith(b"/"):
            found.add(start + text + b" HTTP/1.1\r\nHost: h\r\nX-Number: %b")
            found.add(start + text + b"/%b HTTP/1.1\r\nHost: h")
        else:
            line = text if b":" in text else b"X-Value: " + text
            found.add(start + b"/ HTTP/1.1\r\nHost: h\r\n" + line + b"\r\nX-Number: %b")
            found.add(start + b"/ HTTP/1.1\r\nX-Number: %b\r\nHost: h\r\n" + line)
    return sorted(found)


@pytest.mark.parametrize("spec", SPECS)
def test_all_that_the_tests_send(spec: dict[str, Any]) -> None:
    """Thrice each, and once more damaged: the first two tell what differs, the third is filled."""
    heads, random = corpus(), Random(7)
    assert len(heads) > 4000
    both = Both(Limits(body=10_000), **spec)
    token = b"\r\nAuthorization: Bearer " + TOKEN + b"\r\n"
    for text in heads:
        for value in (b"1", b"22", b"b-4"):
            raw = text.replace(b"%b", value, 1).replace(b"%%", b"%")
            if spec.get("set_auth") and b"uthorization" not in raw:
                raw = raw.replace(b"\r\n", token, 1)
            both.request(raw + b"\r\n\r\n")
        both.request(mutated(random, raw) + b"\r\n\r\n")
    assert both.filled > len(heads) / 4


RESTS = st.sampled_from(
    [b"/", b"/a", b"/a?b=1", b"/..", b"/a/../b", b"/%2e%2e", b"/%00", b"/a.b", b"/x%20y", b"",
     b"?x", b"/?token=" + TOKEN, b"/?token=" + OTHERS, b"/?a=token=1", b"/ b", b"/\xe9", b"/\\"]
)  # fmt: skip
VALUES = st.sampled_from(
    [b"", b"1", b"5", b"a b", b"a=b", b"x\x00", b"x\ry", b" 7", b"7 ", b"token=" + TOKEN,
     b"http://h/?token=" + OTHERS, b"http://gw.test" + PREFIX + b"/c", b"keep-alive", b"close",
     b"upgrade", b"X-Own", b"websocket", b"chunked", b"Bearer " + TOKEN, b"Bearer " + OTHERS,
     b"100-continue", b"bot", b"%d", b"\xff", b"x\r\n y", b"session=1; a=b"]
)  # fmt: skip
NAMES = st.sampled_from(
    [b"X-Own", b"Accept", b"User-Agent", b"Referer", b"traceparent", b"Content-Type", b"Cookie",
     b"Authorization", b"Connection", b"Upgrade", b"Content-Length", b"content-length", b"Expect",
     b"Transfer-Encoding", b"X-Request-Id", b"X_Request_Id", b"X-Forwarded-For", b"Forwarded",
     b"Origin", b"Via", b"Destination", b"If", b"Max-Forwards", b"Bad Name", b"TE"]
)  # fmt: skip


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    """Heads of a few kinds of clients, the values of which differ, and some others."""
    kinds = draw(st.lists(st.lists(NAMES, max_size=5), min_size=1, max_size=2))
    usual = draw(st.lists(VALUES, min_size=5, max_size=5))
    methods = st.sampled_from([b"GET", b"GET", b"POST", b"HEAD", b"OPTIONS"])
    method = draw(methods)
    found = []
    for _ in range(draw(st.integers(4, 16))):
        names = draw(st.sampled_from(kinds))
        differs = draw(st.integers(-1, 4))
        values = [draw(VALUES) if n == differs else usual[n] for n in range(len(names))]
        lines = [b"%b: %b" % pair for pair in zip(names, values, strict=True)]
        version = draw(st.sampled_from([b"1.1", b"1.1", b"1.1", b"1.0"]))
        start = b"%b %b%b HTTP/%b" % (method, PREFIX, draw(RESTS), version)
        found.append(b"\r\n".join((start, b"Host: gw.test", *lines, b"", b"")))
    return found


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(stream=streams(), spec=st.sampled_from(SPECS), trusted=st.booleans(), change=st.booleans())
def test_streams_of_any_heads(
    stream: list[bytes], spec: dict[str, Any], trusted: bool, change: bool
) -> None:
    both = Both(Limits(body=6), Profile(b"http", trusted=trusted), **spec)
    for _ in range(2):
        for raw in stream:
            both.request(raw)
        if change:
            both.define(rewrite_target=not both.spec.get("rewrite_target"))
