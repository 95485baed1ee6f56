"""Loads of one's own."""

from __future__ import annotations

import gzip
import json

import pytest

from scaler.simulator.load_file import LoadError, read_load


def _values(text: str, *, counter: bool = False) -> tuple[float, ...]:
    return read_load(text.encode(), counter=counter).values


def _answer(*series: list[list[object]]) -> str:
    result = [{"metric": {"pod": str(i)}, "values": values} for i, values in enumerate(series)]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


def test_csv_with_header_and_straight_lines_between_points() -> None:
    assert _values("time,cores\n100,1\n104,3\n") == (1.0, 1.5, 2.0, 2.5)
    assert _values("100,1\n104,3\n") == (1.0, 1.5, 2.0, 2.5)


@pytest.mark.parametrize(
    "times",
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:02Z"),
        ("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:02"),
        ("2026-01-01 00:00:00", "2026-01-01 00:00:02.000"),
        ("1767225600", "1767225602"),
        ("1767225600000", "1767225602000"),
        ("1767225600000000000", "1767225602000000000"),
    ],
)
def test_times_of_all_kinds_and_in_any_order(times: tuple[str, str]) -> None:
    assert _values(f"{times[1]},4\n{times[0]},2\n") == (2.0, 3.0)


def test_csv_as_spreadsheets_and_grafana_write_it() -> None:
    grafana = '\ufeffsep=;\r\n"Time";"pod a";"pod b"\r\n0;1;0.5\r\n\r\n1;;0.5\r\n2;1;NaN\r\n'
    # A gap of one series is bridged between its own points; it is nothing beyond them.
    assert _values(grafana) == (1.5, 1.5)
    assert _values("0\t1\n2\t1\n") == (1.0, 1.0)


def test_series_of_prometheus_are_added() -> None:
    assert _values(_answer([[0, "1"], [2, "1"]], [[0, "0.5"], [2, "0.5"]])) == (1.5, 1.5)
    promtool = json.dumps([{"metric": {}, "values": [[0, "1"], [2, "3"]]}])
    assert _values(promtool) == (1.0, 2.0)


def test_a_pod_that_comes_later_adds_nothing_before_and_a_gap_is_bridged() -> None:
    early = [[0, "1"], [15, "NaN"], [30, "1"], [45, "1"], [60, "1"]]
    late = [[45, "2"], [60, "2"]]
    values = _values(_answer(early, late))
    assert (values[0], values[15], values[30], values[45], values[59]) == (1, 1, 1, 3, 3)


def test_a_counter_becomes_a_rate_and_may_begin_anew() -> None:
    text = "0,100\n10,120\n20,130\n30,5\n40,15\n"
    values = _values(text, counter=True)
    assert (values[0], values[10], values[20 - 1]) == (2.0, 1.0, 0.55)
    assert len(values) == 30


def test_a_packed_file_is_unpacked() -> None:
    assert read_load(gzip.compress(b"0,1\n2,1\n")).values == (1.0, 1.0)
    with pytest.raises(LoadError, match="cannot be unpacked"):
        read_load(gzip.compress(b"0,1\n2,1\n")[:-9])


def test_what_is_odd_is_said() -> None:
    assert read_load(b"0,1\n15,1\n30,2\n").notes == ()
    (coarse,) = read_load(b"0,1\n300,1\n600,2\n").notes
    assert "300 s apart" in coarse
    (gap,) = read_load(b"0,1\n10,1\n20,2\n30,2\n500,1\n").notes
    assert "no value for 470 s after 30" in gap
    counter = "".join(f"{t},{t}\n" for t in range(30)).encode()
    assert "only ever grow" in read_load(counter).notes[0]
    assert read_load(counter, counter=True).notes == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has 0 points"),
        ("0,1\n", "has 1 points with a value; give at least two"),
        ("0,1\n1\n", "line 2: has one column"),
        ("0,1\nsoon,1\n", "line 2: time is 'soon'; give seconds or ISO 8601"),
        ("0,1\n\n1,-3\n", "line 3, column 2: the value is '-3'; give a number from 0"),
        ("0,1\n1,inf\n", "line 2, column 2: the value is 'inf'"),
        ("0,1\ninf,1\n", "line 2: time is 'inf'"),
        ("0,1,pod-a\n1,1,pod-a\n", "line 1, column 3: the value is 'pod-a'"),
        ("0,1\n5,1\n0,2\n", "line 3: the time '0' stands in line 1 already"),
        ("0,1\n99999999,1\n", "more than 14 days"),
        ("\udcff", "is no UTF-8"),
        ('{"status": "error", "error": "parse error"}', "an error of Prometheus: parse error"),
        ("{", "is no JSON"),
        ('{"data": {"result": 3}}', "is no answer to a range query"),
        ("[1]", "is no answer to a range query"),
        (_answer(), "the query found nothing"),
        ('[{"metric": {}, "value": [0, "1"]}]', "series 0 .*an answer to an instant query"),
        (_answer([[0, "1"], [1]]), "series 0 .*, point 1: is no pair"),
        (_answer([[0, "1"], [1, "+Inf"]]), "series 0 .*, point 1: the value is '.Inf'"),
    ],
)
def test_what_is_no_load_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        read_load(text.encode("utf-8", "surrogateescape"))


def test_counts_of_intervals_become_rates() -> None:
    """A minute each, as CloudWatch has them; the last one lasts as long as the one before."""
    values = read_load(b"0,120\n60,60\n120,60\n", intervals=True).values
    assert (values[0], values[30], values[60], values[119]) == (2.0, 1.5, 1.0, 1.0)
