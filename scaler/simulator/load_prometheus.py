"""A recorded load as Prometheus answers it: `/api/v1/query_range`, or `promtool`. Pure."""

from __future__ import annotations

import json
from typing import Any

from scaler.simulator.load_values import LoadError, Series, number_of, time_of

_REMEDY = "give the JSON of /api/v1/query_range"


def read_prometheus(text: str) -> list[Series]:
    """The series of the answer. Raises LoadError naming the place."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LoadError(f"is no JSON ({error}); {_REMEDY}, or CSV") from error
    return [_series(one, index) for index, one in enumerate(_result(answer))]


def _result(answer: Any) -> list[Any]:
    if isinstance(answer, dict) and answer.get("status") == "error":
        raise LoadError(f"holds an error of Prometheus: {answer.get('error')}; ask it again")
    data = answer.get("data", answer) if isinstance(answer, dict) else answer
    result = data.get("result") if isinstance(data, dict) else data
    if not isinstance(result, list) or not all(isinstance(one, dict) for one in result):
        raise LoadError(f"is no answer to a range query; {_REMEDY}")
    if not result:
        raise LoadError("holds no series: the query found nothing; check its labels and its time")
    return result


def _series(one: dict[str, Any], index: int) -> Series:
    values, where = one.get("values"), f"series {index} {json.dumps(one.get('metric', {}))}"
    if not isinstance(values, list):
        kind = "an instant query" if "value" in one else "something else"
        raise LoadError(f"{where}: is an answer to {kind}; {_REMEDY}")
    series: Series = {}
    for number, pair in enumerate(values):
        place = f"{where}, point {number}"
        if not isinstance(pair, list) or len(pair) != 2:
            raise LoadError(f"{place}: is no pair of time and value; {_REMEDY}")
        value = number_of(str(pair[1]), place)
        if value is not None:
            series[time_of(str(pair[0]), place)] = value
    return series
