"""Lines of one log that comes in chunks, and comes again."""

from __future__ import annotations

import pytest

from gateway.management.answers import log_lines
from gateway.management.answers.log_cursor import Position, decode
from gateway.management.answers.log_stream import LONGEST, LineReader, page

DAY = "2026-01-01T00:00:0"
LOG = (
    f"{DAY}1.5Z one\n{DAY}1.5Z two\n{DAY}2Z \n{DAY}2Z bar\r10%\r20%\n"
    f"{DAY}3Z sep\u2028\u0085 in\n{DAY}4Z é\n"
).encode()
WORDS = ["one", "two", "", "bar\r10%\r20%", "sep\u2028\u0085 in", "é"]


def at(second: str, nanoseconds: str, given: int) -> Position:
    return Position((f"{DAY}{second}", nanoseconds), given)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_chunks_of_any_size_give_the_same_lines(size: int) -> None:
    reader = LineReader(None)
    found = [
        line for i in range(0, len(LOG), size) for line in reader.feed(LOG[i : i + size])
    ] + list(reader.end())
    assert [line.text for line in found] == WORDS
    assert found[0].time == f"{DAY}1.5Z"


@pytest.mark.parametrize(
    ("position", "words"),
    [
        (at("1", "500000000", 1), WORDS[1:]),
        (at("1", "500000000", 2), WORDS[2:]),
        (at("1", "600000000", 1), WORDS[2:]),
        (at("2", "000000000", 1), WORDS[3:]),
        (at("2", "000000000", 9), WORDS[4:]),
        (at("9", "000000000", 1), []),
    ],
)
def test_what_was_given_is_not_given_again(position: Position, words: list[str]) -> None:
    reader = LineReader(position)
    assert [line.text for line in reader.feed(LOG)] == words


def test_a_last_line_without_its_end_counts_once_the_log_has_ended() -> None:
    reader = LineReader(None)
    assert list(reader.feed(f"{DAY}1Z begun".encode())) == []
    assert [line.text for line in reader.end()] == ["begun"]
    assert list(reader.end()) == []


def test_a_line_without_an_end_does_not_fill_the_memory() -> None:
    reader = LineReader(None)
    text = f"{DAY}1Z " + "x" * (LONGEST + 10)
    found = [line for i in range(0, len(text), 9000)
             for line in reader.feed(text[i : i + 9000].encode())]  # fmt: skip
    found += reader.feed(b"rest\n")
    assert "".join(line.text for line in found) == text[len(f"{DAY}1Z ") :] + "rest"
    assert all(len(line.text) <= LONGEST + 9000 for line in found)
    assert {line.moment for line in found} == {found[0].moment}


def test_a_page_mixes_pods_by_time_and_leads_on_from_its_end() -> None:
    def line(pod: str, text: str) -> tuple[str, log_lines.Line]:
        return pod, log_lines.read(text, ("", ""))

    taken = [line("a", f"{DAY}3Z 3"), line("a", f"{DAY}3Z 3 again"), line("a", f"{DAY}5Z 5"),
             line("b", f"{DAY}2Z 2"), line("b", f"{DAY}3Z 3 of b")]  # fmt: skip
    given = {"a": at("3", "000000000", 1), "c": at("1", "000000000", 1)}
    told = page(taken, given)
    assert [one["message"] for one in told["entries"]] == ["2", "3", "3 again", "3 of b", "5"]
    assert told["entries"][0] == {"timestamp": f"{DAY}2Z", "message": "2", "pod": "b"}
    assert decode(told["next"]) == {
        "a": at("5", "000000000", 1),
        "b": at("3", "000000000", 1),
        "c": at("1", "000000000", 1),
    }
    assert decode(page([], {})["next"]) == {}
