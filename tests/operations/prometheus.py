"""A real Prometheus, as a process: it scrapes what a test names, and answers its queries."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from tests.waiting import until_blocking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PROMETHEUS: Final = shutil.which("prometheus") or ""
PROMTOOL: Final = shutil.which("promtool") or ""
FOUND: Final = {"namespace": "oscar", "cluster": "local"}
"""What discovery adds to a target, beside its job: the cluster where a Prometheus has several."""

Series = dict[str, Any]
"""As Prometheus' API answers: `metric` with its labels, and `value` or `values`."""

_ADDRESS: Final = re.compile(r'Listening on" address=(\S+)')


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running server; `url` is that of its API and its pages."""

    url: str
    log: Path

    def ask(self, path: str, **query: str) -> Any:
        """The data of an answer of its API; AssertionError with what it says of a bad question."""
        body = urllib.parse.urlencode(query)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{body}", timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{query}: {error.read().decode()}") from error

    def query(self, expression: str) -> list[Series]:
        """What the expression is now: a vector."""
        found: list[Series] = self.ask("query", query=expression)["result"]
        return found

    def at(self, expression: str, time: float) -> list[Series]:
        """What the expression was at `time` (unix seconds): a vector."""
        found: list[Series] = self.ask("query", query=expression, time=str(time))["result"]
        return found

    def range(self, expression: str, start: float, end: float, step: float) -> list[Series]:
        """What the expression was from `start` to `end` (unix seconds), every `step` seconds."""
        asked = {"start": str(start), "end": str(end), "step": str(step)}
        found: list[Series] = self.ask("query_range", query=expression, **asked)["result"]
        return found

    def value(self, expression: str) -> float | None:
        """The number of the one series that the expression is; None if it is empty."""
        found = self.query(expression)
        assert len(found) < 2, f"{expression} is {len(found)} series"
        return float(found[0]["value"][1]) if found else None

    def until(self, expression: str, seconds: float = 60.0) -> list[Series]:
        """Wait until the expression is not empty."""
        until_blocking(lambda: self.query(expression), expression, seconds)
        return self.query(expression)

    def labels(self, metric: str) -> set[str]:
        """All names of labels that its series have."""
        return {name for one in self.query(metric) for name in one["metric"]} - {"__name__"}

    def alerts(self, state: str = "firing") -> list[dict[str, str]]:
        """The labels of the alerts in a state."""
        found = self.ask("alerts")["alerts"]
        return [one["labels"] for one in found if one["state"] == state]

    def ready(self) -> bool:
        """Whether it has read what it kept, and answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=30):
                return True
        except OSError:
            return False

    def scraped(self) -> bool:
        """Whether each target was scraped well."""
        targets = self.ask("targets")["activeTargets"]
        return bool(targets) and all(one["health"] == "up" for one in targets)


@contextmanager
def prometheus(
    folder: Path,
    targets: Mapping[str, Sequence[str]],
    rules: Sequence[Path] = (),
    interval: str = "1s",
) -> Iterator[Prometheus]:
    """A server that scrapes `targets` (addresses by job) and evaluates `rules`; its data is in
    `folder`, and it is scraped once when the block begins."""
    if not PROMETHEUS:
        pytest.skip("no Prometheus; apt-get install prometheus")
    config, log = folder / "prometheus.yaml", folder / "prometheus.log"
    config.write_text(yaml.safe_dump(configuration(targets, rules, interval)))
    command = (
        PROMETHEUS,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        "--storage.tsdb.retention.size=256MB",
        "--web.listen-address=127.0.0.1:0",
    )
    with (
        log.open("w") as output,
        subprocess.Popen(command, stdout=output, stderr=output) as process,
    ):
        try:
            yield _ready(process, log)
        finally:
            process.terminate()


def configuration(
    targets: Mapping[str, Sequence[str]], rules: Sequence[Path], interval: str
) -> dict[str, Any]:
    """What the server is told: every target has the labels that discovery in a cluster gives."""
    return {
        "global": {"scrape_interval": interval, "evaluation_interval": interval},
        "rule_files": [str(path) for path in rules],
        "scrape_configs": [
            {
                "job_name": job,
                "static_configs": [{"targets": list(addresses), "labels": FOUND}],
            }
            for job, addresses in targets.items()
        ],
    }


def _ready(process: subprocess.Popen[bytes], log: Path) -> Prometheus:
    def address() -> str:
        assert process.poll() is None, log.read_text()
        found = _ADDRESS.search(log.read_text())
        return found[1] if found else ""

    until_blocking(address, "the address of Prometheus")
    server = Prometheus(f"http://{address()}", log)
    until_blocking(server.ready, "Prometheus")
    until_blocking(server.scraped, "a scrape of every target")
    return server
