"""wrk as a function: requests, rate, latencies, failures."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SCRIPTS: Final = Path(__file__).parent / "wrk"
_UNITS: Final = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


@dataclass(frozen=True, slots=True)
class Run:
    """What wrk says; latencies in seconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    failures: int
    """Socket errors and answers other than 2xx and 3xx."""

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


class WrkError(Exception):
    """wrk could not run; the message is its own."""


async def run(
    url: str, authorization: str, *, seconds: float, connections: int = 64, script: str = ""
) -> Run:
    """Load `url` with one thread of wrk; `script` is a name in the folder `wrk`."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency"]
    command += ["--timeout", "10s", "-H", f"Authorization: {authorization}"]
    command += ["-s", str(SCRIPTS / f"{script}.lua")] if script else []
    process = await asyncio.create_subprocess_exec(
        *command, url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None
    text = (await process.stdout.read()).decode()
    if await process.wait():
        raise WrkError(text)
    return parse(text)


def parse(text: str) -> Run:
    """The numbers in wrk's report."""
    total = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m),", text)
    p50 = re.search(r"50%\s+([\d.]+)(us|ms|s|m)", text)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", text)
    if total is None or p50 is None or p99 is None:
        raise WrkError(text)
    errors = re.search(
        r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text
    )
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    failures = sum(map(int, errors.groups())) if errors else 0
    return Run(
        requests=int(total[1]),
        seconds=_seconds(total[2], total[3]),
        p50=_seconds(p50[1], p50[2]),
        p99=_seconds(p99[1], p99[2]),
        failures=failures + (int(refused[1]) if refused else 0),
    )


def _seconds(number: str, unit: str) -> float:
    return float(number) * _UNITS[unit]
