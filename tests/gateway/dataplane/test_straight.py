"""The straight way does what the exchange does: every byte, every number, whatever comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway.harness import Pod, echo, get, post, rig
from tests.gateway.literals import literals
from tests.gateway.twins import Step, course

if TYPE_CHECKING:
    from gateway.services.backend import Backend

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


def recorded() -> list[bytes]:
    """Every answer of a pod that stands in the tests of the gateway, word for word."""
    return sorted({OK, *(one for one in literals() if one.startswith(b"HTTP/"))})


def same(steps: list[Step], pods: int = 1, spec: dict[str, object] | None = None) -> int:
    """Hold both ways to the same course; answers how many requests went straight to their end."""
    fast, plain = (course(steps, plain=plain, pods=pods, spec=spec) for plain in (False, True))
    assert plain.straight == 0
    assert fast.clients == plain.clients
    assert fast.pods == plain.pods
    for one, other in zip(fast.books, plain.books, strict=True):
        assert one == other
    assert fast.entries == plain.entries
    return fast.straight


def asked(answer: bytes, request: bytes = get(), *, pieces: int = 1) -> list[Step]:
    """A request, and its answer in so many pieces."""
    size = -(-len(answer) // pieces) or 1
    cut = [answer[at : at + size] for at in range(0, len(answer), size)]
    return [("ask", request), *(("answer", piece) for piece in cut)]


def test_requests_that_repeat_go_straight() -> None:
    assert same(asked(OK) * 5) == 4, "the first opens its connection"
    assert same(asked(OK, post(b"x" * 100)) * 4) == 3


ANSWERS = recorded()
WAYS = [(get(), 1), (get(), 1), (get(), 2), (get(), 0), (get(method=b"HEAD"), 1), (post(b"b"), 1)]
"""What is asked, and in how many pieces the answer comes; 0: byte by byte."""


def test_all_answers_of_the_tests_are_found() -> None:
    assert len(ANSWERS) > 100


@pytest.mark.parametrize("index", range(len(ANSWERS)))
def test_every_answer_of_the_tests(index: int) -> None:
    answer = ANSWERS[index]
    steps = asked(OK) * 3
    for request, pieces in WAYS:
        steps += [*asked(answer, request, pieces=pieces or len(answer)), ("pod ends", b"")]
        steps += asked(OK) * 2
    assert same(steps) >= 2


FAR: list[list[Step]] = [
    [("client leaves", b"")],
    [("client ends", b"")],
    [("pod breaks", b"")],
    [("pod ends", b"")],
    [("tick", b"")],
    [("leave", b""), ("answer", OK)],
    [("stall", b""), ("answer", OK), ("go on", b"")],
    [("ask", get()), ("answer", OK), ("answer", OK)],
    [("ask", get() * 3), *[("answer", OK)] * 4],
    [("answer", b"HTTP/1.1 103 Hints\r\n\r\n" + OK)],
    [("answer", b"HTTP/1.1 103 Hints\r\n\r\n"), ("answer", OK)],
    [("answer", b"SSH-2.0-x\r\n")],
    [("answer", OK[:10]), ("pod breaks", b"")],
    [("answer", OK + b"more")],
    [("answer", OK), ("answer", b"unasked")],
    [("answer", OK), ("pod ends", b"")],
]


@pytest.mark.parametrize("far", range(len(FAR)))
@pytest.mark.parametrize("pods", [1, 2])
@pytest.mark.parametrize("request_head", [get(), post(b"body"), get(method=b"DELETE")])
def test_whatever_else_happens(far: int, pods: int, request_head: bytes) -> None:
    steps = asked(OK) * 3 + [("ask", request_head), *FAR[far]] + asked(OK) * 3
    assert same(steps, pods) >= 1


ODD = [b"00", b"007", b"+1", b"9" * 19, b"5 ", b"", b"1,1", b"a"]
KINDS = [
    b"Content-Length: 5\r\nDate: %b",
    b"date: %b\r\ncontent-length: 5",
    b"ETag: %b\r\nContent-Length: 5",
    b"X-Request-Id: %b\r\nContent-Length: 5",
    b"content-length: %b",
    b"Content-Length: %b\r\nAge: 1",
]


@pytest.mark.parametrize("lines", KINDS)
def test_heads_that_are_alike(lines: bytes) -> None:
    """Of the same kind, then each odd in another way, and one that is not."""
    values = [b"%d" % number for number in (5, 7, 1, 12, 5, 3)]
    steps = asked(OK) * 2
    for value in [*values, *ODD, b"a\xe9b", b"100% b%b", b"x" * 300, b"4"]:
        body = b"!" * (int(value) if value.isdigit() and len(value) < 3 else 5)
        body = body if b"ength: %b" in lines else b"hello"
        answer = b"HTTP/1.1 200 OK\r\n" + lines.replace(b"%b", value) + b"\r\n\r\n" + body
        steps += [*asked(answer), *asked(answer, pieces=2), ("pod ends", b"")] + asked(OK) * 2
    assert same(steps) >= 2 * len(values)


async def test_who_waits_is_not_overtaken() -> None:
    class Waiter:
        since = 0.0

        def granted(self, backend: Backend, now: float) -> None:
            r.state.admission.release(backend, now)

        def dismissed(self, reason: str) -> None:
            """Nobody is sent away."""

    async with rig(await Pod(echo).start()) as r:
        wire = await r.connect()
        for _ in range(3):
            await wire.send(get())
            await wire.response()
        waiter = Waiter()
        r.state.admission.wait(waiter)
        await wire.send(get())
        await r.until(lambda: r.state.waiting == 2)
        r.state.admission.admit(0.0)
        assert (await wire.response()).status == 200


def test_pods_that_fail_are_left_out_and_return() -> None:
    bad = b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"
    steps = asked(OK) * 4 + asked(bad) * 8 + asked(OK) * 4 + [("tick", b"")] + asked(OK) * 4
    assert same(steps, 2) >= 2


@pytest.mark.parametrize(
    "spec", [{"concurrency": 1}, {"affinity": True}, {"rewrite_target": True}, {"stopped": True}]
)
def test_services_of_all_kinds(spec: dict[str, object]) -> None:
    same(asked(OK) * 4 + [("ask", get() * 2), *[("answer", OK)] * 3], spec=spec)


STATUS = st.sampled_from([b"200 OK", b"201 Created", b"404 Not Found", b"500 Oh", b"503 Busy",
                          b"204 No Content", b"304 Not Modified", b"100 Continue"])  # fmt: skip
PLAIN = st.sampled_from([b"Server: s", b"X-Request-Id: abc", b"Location: /x", b"Set-Cookie: a=b",
                         b"Cache-Control: no-store", b"Connection: keep-alive", b"Via: 1.1 p",
                         b"Connection: close", b"Retry-After: 1"])  # fmt: skip
TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
VARYING = st.builds(
    lambda name, value: name + b": " + value.encode(),
    st.sampled_from([b"Date", b"date", b"ETag", b"X-Process-Time", b"X-Request-Id", b"Age"]),
    TEXT,
)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    lines = draw(st.lists(st.one_of(PLAIN, VARYING), max_size=4))
    body = draw(st.binary(max_size=40))
    kind = draw(st.sampled_from(["length", "length", "length", "zeros", "chunks", "chunks", "end"]))
    if kind in ("length", "zeros"):
        zeros = b"00" if kind == "zeros" else b""
        lines.insert(draw(st.integers(0, len(lines))), b"Content-Length: %b%d" % (zeros, len(body)))
    elif kind == "chunks":
        lines.append(b"Transfer-Encoding: chunked")
        sizes = draw(st.lists(st.integers(1, 20), max_size=4))
        body = b"".join(b"%x\r\n%b\r\n" % (size, b"z" * size) for size in sizes) + b"0\r\n\r\n"
    return b"\r\n".join([b"HTTP/1.1 " + draw(STATUS), *lines, b"", body])


@st.composite
def courses(draw: st.DrawFn) -> list[Step]:
    kinds = draw(st.lists(answers(), min_size=1, max_size=3))
    steps = asked(OK) * 2
    for _ in range(draw(st.integers(1, 8))):
        request = draw(st.sampled_from([get(), get(), get(method=b"HEAD"), post(b"body"),
                                        get(b"/", b"Connection: close")]))  # fmt: skip
        answer = draw(st.sampled_from(kinds))
        answer = draw(st.sampled_from([answer, answer, answer.replace(b"hello", b"hi")]))
        steps.append(("ask", request))
        at = draw(st.one_of(st.just(0), st.integers(0, len(answer))))
        steps += [("answer", piece) for piece in (answer[:at], answer[at:]) if piece]
        steps += draw(st.sampled_from([[], [], [], [("pod ends", b"")], [("pod breaks", b"")],
                                       [("client ends", b"")], [("tick", b"")]]))  # fmt: skip
    return steps + asked(OK) * 2


@settings(max_examples=150)
@given(courses(), st.sampled_from([1, 2]))
def test_generated_courses(steps: list[Step], pods: int) -> None:
    same(steps, pods)
