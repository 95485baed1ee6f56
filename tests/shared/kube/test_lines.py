from __future__ import annotations

import pytest

from shared.kube.lines import LineSplitter, LineTooLong

WHOLE = b'{"a":1}\n\n{"b":2}\r\n{"c"'
LINES = [b'{"a":1}', b'{"b":2}\r']


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, len(WHOLE)])
def test_lines_are_the_same_however_the_stream_is_cut(size: int) -> None:
    splitter = LineSplitter()
    lines = []
    for start in range(0, len(WHOLE), size):
        lines += splitter.feed(WHOLE[start : start + size])
    assert lines == LINES
    assert splitter.held == len(b'{"c"')


def test_a_stream_that_ends_with_a_newline_holds_nothing() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"one\n") == [b"one"]
    assert splitter.held == 0


@pytest.mark.parametrize(
    "chunks", [[b"", b"x" * 9], [b"x" * 5, b"x" * 4], [b"", b"ok\n" + b"x" * 9 + b"\n"]]
)
def test_a_line_beyond_the_bound_is_refused(chunks: list[bytes]) -> None:
    splitter = LineSplitter(limit=8)
    splitter.feed(chunks[0])
    with pytest.raises(LineTooLong, match="8 bytes"):
        splitter.feed(chunks[1])


def test_a_line_of_just_the_bound_passes() -> None:
    assert LineSplitter(limit=8).feed(b"12345678\n") == [b"12345678"]
