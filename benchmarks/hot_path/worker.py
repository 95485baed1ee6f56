"""A process that measures the gateway of one checkout, as it is told to on standard input.

`python -m benchmarks.hot_path.worker DIR`: each line is a scenario and a number of requests, a tab
between them, and is answered by a number. For 0 requests these are two: calls and garbage.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Worker:
    """Such a process, seen from outside."""

    def __init__(self, checkout: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.hot_path.worker", str(checkout.resolve())],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.__exit__(None, None, None)

    def counts(self, scenario: str) -> tuple[float, float]:
        """Python calls and garbage of a request."""
        calls, garbage = self._ask(f"{scenario}\t0")
        return calls, garbage

    def cpu(self, scenario: str, requests: int) -> float:
        """Microseconds of CPU a request."""
        (microseconds,) = self._ask(f"{scenario}\t{requests}")
        return microseconds

    def _ask(self, line: str) -> list[float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the measuring of {line!r} has failed")
        return [float(number) for number in answer.split()]


def main(checkout: str) -> None:
    """Answer until the input ends."""
    sys.path.insert(0, checkout)
    for package in ("gateway", "shared"):
        import_module(package)  # all modules below are then found in the same checkout
    measure = import_module("benchmarks.hot_path.measure")
    for line in sys.stdin:
        scenario, _, requests = line.rstrip("\n").partition("\t")
        number = int(requests)
        answer = (measure.cpu(scenario, number),) if number else measure.counts(scenario)
        print(*answer, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
