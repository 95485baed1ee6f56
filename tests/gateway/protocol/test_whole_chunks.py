"""A chunk that comes whole is passed without a walk, and to the same end."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocol.chunked import ChunkedBody, LenientChunkedBody
from gateway.protocol.http1 import ProtocolError

KINDS = [ChunkedBody, LenientChunkedBody]
Fed = tuple[list[bytes], int, bool, bytes, bool, str]


def fed(kind: type[ChunkedBody], pieces: list[bytes], *, bare: bool) -> Fed:
    """All that can be seen of a body after `pieces`."""
    body, out, fault = kind(bare=bare), [], ""
    try:
        for piece in pieces:
            if not body.done:
                out.append(body.feed(piece))
    except ProtocolError as error:
        fault = error.detail
    return out, body.size, body.done, body.excess, body.odd, fault


def same(kind: type[ChunkedBody], pieces: list[bytes], *, bare: bool = False) -> Fed:
    for _ in range(3):  # sizes are known from the third time on
        fast = fed(kind, pieces, bare=bare)
    with patch("gateway.protocol.chunked._EVENT", -1):
        assert fast == fed(kind, pieces, bare=bare)
    return fast


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 15, 16, 24, 255, 3000])
def test_a_chunk_without_its_end_is_refused(kind: type[ChunkedBody], size: int) -> None:
    line = b"%x\r\n" % size
    good = line + b"z" * size + b"\r\n"
    assert same(kind, [good, good])[:2] == ([good, good], 2 * size)
    for ending in (b"zz", b"\nz", b"\n\r", b"\n\n"):
        *_, fault = same(kind, [good, line + b"z" * size + ending])
        assert fault == "a chunk is longer than its size"
    assert same(kind, [good, line + b"z" * size + b"\r"])[5] == ""


SIZES = st.one_of(st.integers(0, 40), st.sampled_from([255, 4080, 4096, 5000]))
FORMS = st.sampled_from([b"%x", b"%X", b"0%x", b"%x ", b" %x", b"%x;a=b", b"+%x", b"0x%x", b"%x_"])
ENDS = st.sampled_from([b"\r\n"] * 8 + [b"\n", b"", b"\r", b"zz", b"\r\n\r\n"])
CHUNKS = st.builds(
    lambda form, size, end: form % size + b"\r\n" + b"\r\n z"[:size].ljust(size, b"z") + end,
    FORMS | st.just(b"%x"),
    SIZES,
    ENDS,
)


@given(st.sampled_from(KINDS), st.lists(CHUNKS, max_size=6), st.booleans(), st.integers(0, 50))
def test_generated_chunks(
    kind: type[ChunkedBody], chunks: list[bytes], bare: bool, at: int
) -> None:
    same(kind, chunks, bare=bare)
    whole = b"".join(chunks)
    same(kind, [whole[:at], whole[at:]], bare=bare)
