"""nghttp2's h2load as a function: HTTP/2 with prior knowledge."""

from __future__ import annotations

import asyncio
import re
import resource
import tempfile
from typing import Final

from benchmarks.load.generator import LoadError, Outcome

STREAMS: Final = 8
"""At once on each connection."""


async def run(url: str, seconds: float, connections: int, body: int = 0) -> Outcome:
    """Load `url`; POSTs of `body` bytes, if that is not 0."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"a" * body)
        file.flush()
        command = ["h2load", "-D", f"{round(seconds * 1000)}ms", f"-c{connections}", f"-m{STREAMS}"]
        command += ["-d", file.name, "-H", "content-type: application/json"] if body else []
        before = _waited_for()
        process = await asyncio.create_subprocess_exec(
            *command, url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        assert process.stdout is not None
        text = (await process.stdout.read()).decode()
        await process.wait()
    return parse(text, seconds, _waited_for() - before)


def parse(text: str, seconds: float, cpu: float) -> Outcome:
    """What h2load says; it stops at once after `seconds`, with streams under way."""
    done = re.search(r"requests: .* (\d+) done, \d+ succeeded, (\d+) failed", text)
    good = re.search(r"status codes: (\d+) 2xx", text)
    if done is None or good is None:
        raise LoadError(text)
    units = int(good[1])
    return Outcome(units, max(int(done[2]), int(done[1]) - units), seconds, cpu)


def _waited_for() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
