"""A head that is like others is what it would be if it were read by itself."""

from __future__ import annotations

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from gateway.limits import Limits
from gateway.protocol.http1 import ProtocolError
from gateway.routing import likeness
from gateway.routing.reply import COMPARED, Replies, Reply, following, like, prepare

START = b"HTTP/1.1 200 OK\r\nServer: s\r\n"


def head(*lines: bytes) -> bytes:
    return START + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def learned(*heads: bytes, limits: Limits | None = None) -> Replies:
    replies = Replies(limits or Limits(), "gw")
    for one in heads:
        prepare(one, replies)
    return replies


def same(found: Reply, raw: bytes) -> None:
    """It is what comes of `raw` for somebody who knows nothing yet."""
    other = prepare(raw, Replies(Limits(), "gw"))
    for field in fields(Reply):
        if field.name not in ("parts", "form", "near"):
            assert getattr(found, field.name) == getattr(other, field.name), field.name
    assert found.head == other.head


def follows(last: Reply | None, raw: bytes, replies: Replies, found: Reply | None) -> None:
    """Whoever guesses that `raw` is like `last` finds what `like` has `found`, and where it ends;
    or nothing, if it is of another kind."""
    if last is None or last.form is None:
        return
    given = following(last, last.form, raw + b"HTTP/1.1 body", replies)
    assert following(last, last.form, raw[:-1], replies) is None
    if found is None or found.form is not last.form:
        assert given is None, raw
    else:
        assert given is not None, raw
        same(given, raw)
        again = following(given, last.form, raw, replies)
        assert again is not None
        same(again, raw)


def test_the_third_of_a_kind_is_known() -> None:
    heads = [head(b"Content-Length: %d" % n, b"Date: day %d" % n) for n in (1, 22, 333)]
    replies = learned(heads[0])
    assert like(heads[1], replies) is None
    prepare(heads[1], replies)
    found = like(heads[2], replies)
    assert found is not None
    assert found.length == 333
    same(found, heads[2])
    assert heads[2] not in replies.memory


def test_what_passes_in_another_order_is_put_in_its_place() -> None:
    heads = [head(b"content-length: %d" % n, b"x-request-id: r%d" % n, b"etag: e%d" % n)
             for n in (1, 2, 3)]  # fmt: skip
    found = like(heads[2], learned(*heads[:2]))
    assert found is not None
    assert found.block.index(b"e3") < found.block.index(b"r3") < found.block.index(b": 3\r\n")
    same(found, heads[2])


def test_other_lines_make_another_kind() -> None:
    replies = learned(
        head(b"Date: a", b"Content-Length: 1"), head(b"Date: b", b"Content-Length: 2")
    )
    known = like(head(b"Date: c", b"Content-Length: 3"), replies)
    assert known is not None
    follows(known, known.raw, replies, known)
    for other in (
        head(b"Content-Length: 3", b"Date: c"),
        head(b"Date: c", b"Content-Length: 3", b"X: y"),
        head(b"Date: c", b"Content-Length: 3", b"Content-Length: 3"),
        head(b"Date: c", b"Content-Length:3"),
        head(b"Date: c", b"Transfer-Encoding: chunked"),
        head(b"Date: c\r\nSet-Cookie: a=b", b"Content-Length: 3"),
        head(b"Date: c\nSet-Cookie: a=b", b"Content-Length: 3"),
        head(b"Date: \xe9", b"Content-Length: 3"),
        head(b"Date: " + b"c" * 300, b"Content-Length: 3"),
        head(b"Date: c", b"Content-Length: 03"),
        head(b"Date: c", b"Content-Length: +3"),
        head(b"Date: c", b"Content-Length: " + b"3" * 19),
        head(b"Date: c", b"Content-Length: 3").replace(b"200", b"201"),
        head(b"Date: c", b"Content-Length: 3").replace(b"1.1", b"1.0"),
    ):
        assert like(other, replies) is None, other
        follows(known, other, replies, None)


def test_heads_beyond_a_size_are_not_compared() -> None:
    long = b"X: " + b"y" * COMPARED
    heads = [head(b"Content-Length: %d" % n, long) for n in (1, 2, 3)]
    assert like(heads[2], learned(*heads[:2])) is None
    small = Limits(head=80)
    heads = [head(b"Date: " + b"d" * n, b"Content-Length: 1") for n in (1, 2, 80)]
    assert like(heads[2], learned(*heads[:2], limits=small)) is None


def test_what_heads_have_in_common_is_bounded() -> None:
    replies = learned()
    for number in range(3000):
        for value in (b"1", b"2"):
            prepare(head(b"X-%d: y" % number, b"Content-Length: " + value), replies)
    assert 0 < len(replies.alike) <= 1024


def test_a_percent_sign_is_one() -> None:
    heads = [head(b"X: 100% %b %s", b"Content-Length: %d" % n) for n in (1, 2, 3)]
    found = like(heads[2], learned(*heads[:2]))
    assert found is not None
    same(found, heads[2])


LINES = st.sampled_from([
    b"Content-Length: %b", b"Date: %b", b"X-Request-Id: %b", b"ETag: %b", b"etag: %b", b"Age: %b",
    b"Content-Type: %b", b"Connection: %b", b"Set-Cookie: a=%b", b"Via: %b", b"x-runtime: %b",
    b"X-Trace-Id: %b", b"Connection: keep-alive", b"Connection: date", b"Server-Timing:%b",
])  # fmt: skip
VALUE = st.one_of(
    st.integers(0, 10**6).map(b"%d".__mod__),
    st.binary(max_size=6),
    st.sampled_from([b"0", b"00", b" 1", b"1 ", b"", b"close", b"9" * 18, b"%b", b"%", b"a, b"]),
)


@given(st.lists(LINES, max_size=5), st.lists(st.lists(VALUE, min_size=5, max_size=5), min_size=3))
def test_a_known_kind_is_read_as_an_unknown_one(
    lines: list[bytes], all_values: list[list[bytes]]
) -> None:
    replies = learned()
    last: Reply | None = None
    for values in all_values:
        raw = head(
            *(line.replace(b"%b", value) for line, value in zip(lines, values, strict=False))
        )
        found = like(raw, replies)
        follows(last, raw, replies, found)
        if found is not None:
            same(found, raw)
            last = found
        else:
            try:
                prepare(raw, replies)
            except ProtocolError:
                pass


@given(st.binary(max_size=200))
def test_apart_and_together(data: bytes) -> None:
    raw = data.replace(b"!", b"\r\nDate: 5\r\n")
    assert likeness.together(*likeness.apart(raw)) == raw
