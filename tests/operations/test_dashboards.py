"""Every query of every dashboard finds something in the real Prometheus over the real processes."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.operations.grafana import FILES, Target, everything, interpolated, load, values
from tests.operations.pictures import picture
from tests.operations.rare import kill_a_worker, roll_out
from tests.waiting import until_blocking

if TYPE_CHECKING:
    from pathlib import Path

    from tests.operations.prometheus import Prometheus, Series
    from tests.operations.stack import Observed

SERVICES: Final = ("busy", "flaky", "closed", "sleepy")
"""Those that a dashboard of one service is tried with: what none of them shows, nobody sees."""
STEP: Final = 2.0
RARE: Final = (
    "increase(gateway_worker_restarts_total[5m]) > 0",
    "changes(scaler_deployment_revision[5m]) > 0",
    "scaler_foreseen_cores",
)
"""Of what only happens after something rare, or after a minute."""


@pytest.fixture(scope="module")
def seen(observed: Observed) -> Prometheus:
    """Prometheus after all of RARE too."""
    kill_a_worker(observed.run)
    roll_out(observed.run, "closed")
    for expression in RARE:
        observed.prometheus.until(expression, 120)
    return observed.prometheus


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_query_comes_back_empty(seen: Prometheus, path: Path) -> None:
    board = load(path)
    began = float(seen.value("min(min_over_time(timestamp(up)[1h:1s]))") or 0)
    for target in everything(board):
        ask = partial(found, seen, board, target, began)
        until_blocking(ask, f"something of {path.stem}: {target.where}: {target.expr}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_can_be_drawn(seen: Prometheus, path: Path) -> None:
    now = time.time()
    drawn = picture(seen, load(path), "busy", now - 60, now)
    assert len(drawn.getcolors() or ()) > 20


def found(seen: Prometheus, board: dict[str, Any], target: Target, began: float) -> list[Series]:
    """What a query gives of the time since `began`, for the first service that it gives any of."""
    now = time.time()
    for service in services(board):
        chosen = {"service": service} if service else {}
        expr = interpolated(target.expr, values(board, chosen, now - began, STEP))
        series = seen.query(expr) if target.now else seen.range(expr, began, now, STEP)
        if some := [one for one in series if is_some(one, target.label)]:
            return some
    return []


def services(board: dict[str, Any]) -> tuple[str, ...]:
    """What `$service` is tried with; the empty name stands for what it is at first."""
    for variable in board["templating"]["list"]:
        if variable["name"] == "service" and not variable["includeAll"]:
            return SERVICES
    return ("",)


def is_some(series: Series, label: str) -> bool:
    """Whether there is a number in it, and the label that a variable takes its values from."""
    samples = series.get("values") or [series["value"]]
    numbers = any(value != "NaN" for _, value in samples)
    return numbers and (not label or bool(series["metric"].get(label)))
