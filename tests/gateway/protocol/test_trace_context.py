"""The fields of W3C Trace Context, valid and not."""

from __future__ import annotations

import pytest

from gateway.protocol.trace_context import UNREAD, Parent, handed_on, parent, traceparent

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
VALID = f"00-{TRACE}-{SPAN}-01"


def head(*values: str, name: str = "traceparent", state: str = "") -> bytes:
    lines = [f"{name}: {value}" for value in values] + ([f"tracestate: {state}"] if state else [])
    return "\r\n".join(["GET / HTTP/1.1", "Host: h", *lines, "", ""]).encode("latin-1")


def test_a_valid_parent() -> None:
    found = parent(head(VALID, state="a=1"))
    assert found == Parent(int(TRACE, 16), int(SPAN, 16), 1, "a=1")
    assert found.sampled
    assert found != UNREAD


@pytest.mark.parametrize(
    ("value", "flags"),
    [
        (VALID[:-2] + "00", 0),
        (VALID[:-2] + "03", 3),
        (VALID[:-2] + "ff", 0xFF),  # bits that mean nothing yet
        ("01" + VALID[2:], 1),  # a later version, as far as this one goes (section 4.3)
        ("cc" + VALID[2:] + "-more", 1),
        (VALID + " ", 1),
    ],
)
def test_all_that_is_valid(value: str, flags: int) -> None:
    found = parent(head(value))
    assert found is not None
    assert found.flags == flags
    assert parent(head(value, name="TraceParent")) == found


@pytest.mark.parametrize(
    "value",
    [
        "", "x", VALID[:-1], VALID + "-more", VALID + "0", "ff" + VALID[2:], VALID.upper(),
        f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE}-{SPAN}-0g",
        f"00-{TRACE}-{SPAN}", f"01-{TRACE}-{SPAN}-01x", f"00_{TRACE}_{SPAN}_01", "é" * 55,
    ],
)  # fmt: skip
def test_all_that_is_malformed(value: str) -> None:
    assert parent(head(value, state="a=1")) is None


def test_none_and_two_are_no_parent() -> None:
    assert parent(head()) is None
    assert parent(head(VALID, VALID)) is None


def test_our_span_takes_the_place_of_the_callers() -> None:
    after, line = b" HTTP/1.1\r\nHost: h\r\n", traceparent(1, 2, 3)
    assert line == b"traceparent: 00-" + b"0" * 31 + b"1-" + b"0" * 15 + b"2-03\r\n"
    before = head("x", "y", name="TRACEPARENT", state="a=1")
    assert handed_on(before, after, line, keep_state=True) == (
        b"GET /" + after + line + b"tracestate: a=1\r\n\r\n"
    )
    assert handed_on(before, after, line, keep_state=False) == b"GET /" + after + line + b"\r\n"
