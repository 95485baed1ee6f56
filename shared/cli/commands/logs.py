"""`exposed logs`: what the pods of a service write, together and in order."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Final

import click

from shared.cli.client import ServicesApi, run
from shared.cli.commands.naming import name_argument
from shared.cli.connection.options import target_options
from shared.cli.connection.target import Target
from shared.cli.exits import INTERRUPTED
from shared.cli.rollout import Duration
from shared.cli.views import log_reading, log_text
from shared.cli.views.log_reading import Asked
from shared.cli.views.log_text import Style
from shared.cli.views.text import one_line
from shared.runtime.clock import SystemClock

NEWEST: Final = 200
"""Lines that are shown if nothing else is asked for."""
YEAR: Final = 366 * 86_400.0


class Lines(click.ParamType[int]):
    """A number of lines, or `all` of them, which is -1."""

    name = "lines"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """The number; click's error if it is none, or too high to hold so many."""
        text = str(value)
        if text in ("all", "-1"):
            return -1
        if not (text.isascii() and text.isdigit() and int(text[:9]) <= log_reading.MOST):
            self.fail(f"{text!r} is not 0 to {log_reading.MOST}, or all", param, ctx)
        return int(text)


@click.command()
@name_argument
@click.option("-f", "--follow", is_flag=True, help="Go on with new lines until Ctrl-C.")
@click.option(
    "--tail",
    type=Lines(),
    help=f"The newest N lines of all pods together, or `all`. [default: {NEWEST}; all of --since]",
)
@click.option("--since", type=Duration(YEAR), help="Only lines of the last 10m, 1h30m, …")
@click.option("--timestamps", is_flag=True, help="When each line was written.")
@click.option("--prefix/--no-prefix", default=True, help="Which pod wrote each line; it is shown.")
@click.option("--previous", is_flag=True, help="Of the run before, of containers that ended.")
@click.option("--for", "seconds", type=Duration(YEAR), help="Follow for so long, then end.")
@target_options
def logs(
    name: str,
    follow: bool,
    tail: int | None,
    since: float | None,
    timestamps: bool,
    prefix: bool,
    previous: bool,
    seconds: float | None,
    target: Target,
) -> None:
    """Print the logs of all pods of service NAME in the order of time.

    With -f, pods that come are followed too, and containers that are started anew. On a terminal,
    whatever would act on the screen is shown escaped, but for colours; a pipe gets it as it is.
    """
    if previous and follow:
        raise click.UsageError("--previous is about what has ended; leave out --follow")
    if seconds is not None and not follow:
        raise click.UsageError("--for is how long to --follow")
    if tail is None:
        tail = NEWEST if since is None else -1
    asked = Asked(
        tail=None if tail < 0 else tail,
        since=None if since is None else max(1, round(since)),
        previous=previous,
    )
    shown = Shown(Style(prefix, timestamps, terminal=sys.stdout.isatty()))
    try:
        run(_logs(name, asked, shown, target, follow=follow, seconds=seconds))
    except KeyboardInterrupt:  # the ordinary end of following: nothing is to be said of it
        raise click.exceptions.Exit(INTERRUPTED) from None


async def _logs(
    name: str,
    asked: Asked,
    shown: Shown,
    target: Target,
    *,
    follow: bool,
    seconds: float | None,
) -> None:
    async with ServicesApi(target) as api:
        cursor = await log_reading.read(api, name, asked, shown.page)
        if not follow:
            shown.end(asked)
            return
        try:
            async with asyncio.timeout(seconds):
                await log_reading.follow(
                    api, name, cursor, asked.since, SystemClock(), shown.page, shown.say
                )
        except TimeoutError:
            return


class Shown:
    """Prints pages; what is odd goes to standard error, once as long as it stays the same."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._said = ""
        self._any = False

    def page(self, page: log_reading.Page) -> None:
        """Print the lines of a page."""
        for line in log_text.texts(page, self._style):
            click.echo(line, color=True)  # as the pod wrote it, also into a pipe
            self._any = True
        if page.get("message"):
            self.say(page["message"])

    def end(self, asked: Asked) -> None:
        """Say why there was no line, where that is not plain."""
        if asked.previous and not self._any and not self._said:
            self.say("no container has ended and been started again")

    def say(self, text: str) -> None:
        """Tell of something that is no line of a log."""
        if text != self._said:
            click.echo(f"note: {one_line(text)}", err=True)
        self._said = text
