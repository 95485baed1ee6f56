"""`exposed load`: requests to a service from many clients at once, to see it scale."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
import click

from shared.cli.client import fetch, run, trust
from shared.cli.commands.naming import name_argument
from shared.cli.connection.options import target_options
from shared.cli.connection.target import Target
from shared.runtime.tasks import Supervisor
from shared.service import names

_KEPT: Final = 100_000


@dataclass(slots=True)
class Tally:
    """What came back so far: answers by status (0 is no answer) and seconds each took."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def answer(self, status: int, seconds: float) -> None:
        """Count one answer."""
        self.statuses[status] += 1
        if len(self.seconds) < _KEPT:
            self.seconds.append(seconds)

    def failure(self, error: BaseException) -> None:
        """Count one request without an answer."""
        self.statuses[0] += 1
        self.errors[f"{type(error).__name__}: {error}"[:200]] += 1

    @property
    def failed(self) -> int:
        """Requests that got no answer, or one of 400 and above."""
        return sum(n for status, n in self.statuses.items() if status == 0 or status >= 400)

    def percentile(self, share: float) -> float:
        """The time within which `share` of the answers came, in seconds."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass(frozen=True, slots=True)
class Request:
    """The request that is sent again and again."""

    url: str
    headers: Mapping[str, str]
    upload: tuple[str, str, bytes] | None = None
    """Form field, file name and content."""
    trust: ssl.SSLContext | bool = True
    """By which authorities the gateway's certificate is checked."""

    def body(self) -> aiohttp.FormData | None:
        """A fresh body: a form can be sent once."""
        if self.upload is None:
            return None
        name, file, content = self.upload
        form = aiohttp.FormData()
        form.add_field(name, content, filename=file)
        return form


@click.command(short_help="Send requests from many connections.")
@name_argument
@click.argument("path", default="")
@click.option("--connections", default=8, show_default=True, type=click.IntRange(1, 1000))
@click.option("--seconds", default=30.0, show_default=True, type=click.FloatRange(1, 86_400))
@click.option("--upload", metavar="FIELD=FILE", help="POST this file as a form field.")
@target_options
def load(
    name: str, path: str, connections: int, seconds: float, upload: str | None, target: Target
) -> None:
    """Send requests to PATH of service NAME from many connections at once.

    Ends with exit code 1 if any request failed.
    """
    service = run(fetch(name, target))
    url = f"{target.endpoint}{names.base_path(name)}/{path.lstrip('/')}"
    headers = {"Authorization": aiohttp.encode_basic_auth(name, service["token"])}
    request = Request(url, headers, _upload(upload), trust(target))
    tally = run(_load(request, connections, seconds))
    _report(tally, seconds)
    raise SystemExit(1 if tally.failed else 0)


def _upload(text: str | None) -> tuple[str, str, bytes] | None:
    if text is None:
        return None
    name, separator, file = text.partition("=")
    if not separator:
        raise click.BadParameter(
            "write FIELD=FILE, for example data=image.png", param_hint="upload"
        )
    try:
        return name, Path(file).name, Path(file).read_bytes()
    except OSError as error:
        raise click.BadParameter(f"{file}: {error.strerror}", param_hint="upload") from error


async def _load(request: Request, connections: int, seconds: float) -> Tally:
    tally = Tally()
    connector = aiohttp.TCPConnector(limit=connections, ssl=request.trust)
    timeout = aiohttp.ClientTimeout(total=600)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        Supervisor() as tasks,
    ):
        end = time.monotonic() + seconds
        clients = [
            tasks.start(f"client {number}", _client(session, request, end, tally))
            for number in range(connections)
        ]
        tasks.start("progress", _progress(tally, end))
        await asyncio.gather(*clients)
    return tally


async def _client(
    session: aiohttp.ClientSession, request: Request, end: float, tally: Tally
) -> None:
    while (began := time.monotonic()) < end:
        body = request.body()
        method = "GET" if body is None else "POST"
        try:
            async with session.request(
                method, request.url, data=body, headers=request.headers
            ) as answer:
                await answer.read()
                tally.answer(answer.status, time.monotonic() - began)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            tally.failure(error)
            await asyncio.sleep(0.1)  # a refused connection must not become a busy loop


async def _progress(tally: Tally, end: float) -> None:
    before = 0
    while True:
        await asyncio.sleep(1.0)
        done = tally.statuses.total()
        left = max(0.0, end - time.monotonic())
        click.echo(
            f"{done - before:5d} requests/s  {done:7d} in all  {tally.failed} failed  "
            f"{left:3.0f} s left"
        )
        before = done


def _report(tally: Tally, seconds: float) -> None:
    total = tally.statuses.total()
    click.echo(f"{total} requests in {seconds:g} s: {total / seconds:.1f} a second")
    for status, count in sorted(tally.statuses.items()):
        click.echo(f"  {status or 'no answer'}: {count}")
    for error, count in tally.errors.most_common(5):
        click.echo(f"  {error}: {count}")
    times = ", ".join(
        f"p{share * 100:g} {tally.percentile(share) * 1000:.0f} ms" for share in (0.5, 0.9, 0.99)
    )
    click.echo(f"  {times}")
