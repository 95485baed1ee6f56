"""The words that the queries of all panels have in common. Pure."""

from __future__ import annotations

from typing import Final

PLACE: Final = 'cluster=~"$cluster",namespace=~"$namespace"'
"""What Prometheus adds to a target; a Prometheus of one cluster has no label `cluster`."""
SERVICE: Final = f'{PLACE},service=~"$service"'
INSTANCE: Final = f'{PLACE},instance=~"$instance"'
LATELY: Final = "$__rate_interval"
RANGE: Final = "$__range"
"""The time that the dashboard shows."""
ANSWERED: Final = 'source!="waiting"'
"""Without the pages that tell a browser that a service starts: it asks again by itself."""
NOT_DUE: Final = "stopped|disabled|asleep|preflight|starting|not_implemented|loop"
"""Reasons to refuse a request for which neither pods nor their number are to blame; the recording
rules leave out the same."""


def series(metric: str, where: str = SERVICE, *more: str) -> str:
    """The series of a metric, chosen by `where` and further matchers."""
    return f"{metric}{{{','.join((where, *more))}}}"


def rate(of: str, by: str = "", over: str = LATELY) -> str:
    """How fast counters grow a second, summed up by labels."""
    return f"{_by('sum', by)}(rate({of}[{over}]))"


def grown(of: str, by: str = "", over: str = RANGE) -> str:
    """By how much counters have grown, summed up by labels."""
    return f"{_by('sum', by)}(increase({of}[{over}]))"


def total(of: str, by: str = "") -> str:
    """Gauges of several gateways, summed up by labels."""
    return f"{_by('sum', by)}({of})"


def largest(of: str, by: str = "") -> str:
    """Gauges that all gateways, or scalers, have alike."""
    return f"{_by('max', by)}({of})"


def quantile(share: float, histogram: str, by: str = "", where: str = SERVICE) -> str:
    """The quantile of a histogram, by labels."""
    labels = f"le,{by}" if by else "le"
    return f"histogram_quantile({share:g}, {rate(series(f'{histogram}_bucket', where), labels)})"


def ratio(part: str, whole: str) -> str:
    """A share; 0 where the part has no series yet."""
    return f"({part} or 0 * {whole}) / {whole}"


def failed(function: str, over: str, by: str = "") -> str:
    """Requests that failed by the fault of a pod, of the service's size, or of the gateway."""
    return _due(function, over, by, ('code=~"5.."',))


def failed_share(function: str, over: str, by: str = "") -> str:
    """Their share of the requests that are due: those that a pod answered, or should have."""
    return ratio(failed(function, over, by), _due(function, over, by, ()))


def _due(function: str, over: str, by: str, of: tuple[str, ...]) -> str:
    pods = series("gateway_requests_total", SERVICE, 'source="upstream"', *of)
    itself = f'code=~"5..",reason!~"{NOT_DUE}"'
    refused = series("gateway_refusals_total", SERVICE, itself)
    return f"{_by('sum', by)}({function}({pods}[{over}]) or {function}({refused}[{over}]))"


def or_none(expression: str) -> str:
    """0 where nothing was ever counted."""
    return f"{expression} or vector(0)"


def _by(function: str, labels: str) -> str:
    return f"{function} by ({labels}) " if labels else function
