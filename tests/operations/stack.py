"""The whole system as processes, under load, with a service in each state, and a Prometheus that
scrapes it: what rules, dashboards and guides are held against."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.e2e.conftest import Run, start, stop, until_ready
from tests.operations import rules
from tests.operations.load import CALLERS, Caller, Clients, running
from tests.operations.prometheus import Prometheus, prometheus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SERVICES: Final = Path(__file__).parent / "services"
SETTINGS: Final = {"GATEWAY_WORKERS": "2", "GATEWAY_EJECTION_FAILURES": "2"}
PORTS: Final = {"gateway": "GATEWAY_ADMIN", "management": "MANAGEMENT", "scaler": "SCALER"}
"""The name of a target's port by its job, which in a cluster is the name of its Service."""
SEEN: Final = (
    "gateway_ejections_total > 0",
    "gateway_retries_total > 0",
    "gateway_queue_wait_seconds_count > 0",
    "gateway_tunnels_opened_total > 0",
    "gateway_cold_start_seconds_count > 0",
    "scaler_cold_starts_total > 0",
    'scaler_utilisation_percent{service="busy"} > 0',
    'scaler_service_standing{standing="asleep"}',
    'gateway_requests_total{service="wrongport",code=~"5.."}',
)
"""What has happened before anything is asked."""


@dataclass(frozen=True, slots=True)
class Observed:
    """The system, its clients, and the Prometheus that has seen both from the beginning."""

    run: Run
    prometheus: Prometheus
    clients: Clients


def targets(run: Run) -> dict[str, list[str]]:
    """The addresses of the /metrics of a run, by job."""
    return {job: [f"127.0.0.1:{run.ports[port]}"] for job, port in PORTS.items()}


@contextmanager
def system(folder: Path, **settings: str) -> Iterator[Run]:
    """The system with its services, without load; `settings` are variables of the processes."""
    home, output = folder / "home", folder / "output"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (SETTINGS | settings).items():
            patch.setenv(name, value)
        run = start(home, output, "--tls", "--service", str(SERVICES / "services.yaml"))
    try:
        until_ready(run)
        run.exposed("apply", str(SERVICES / "troubled.yaml"))
        run.exposed("stop", "halted")
        yield run
    finally:
        stop(run)


@contextmanager
def under_load(run: Run, callers: Sequence[Caller] = CALLERS) -> Iterator[Clients]:
    """Clients ask the services of a run inside the block."""
    tokens = {"closed": run.exposed("get", "closed", "--token").strip()}
    with running(Clients(run.url, run.trust, tokens, callers)) as clients:
        yield clients


@pytest.fixture(scope="session")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    """The system under load, once all that SEEN names has been seen; the load goes on."""
    folder = tmp_path_factory.mktemp("observed")
    with (
        system(folder) as run,
        prometheus(folder, targets(run), rules.quick(folder)) as server,
        under_load(run) as clients,
    ):
        for expression in SEEN:
            server.until(expression)
        yield Observed(run, server, clients)
