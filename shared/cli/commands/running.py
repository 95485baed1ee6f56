"""`exposed stop`, `start`, `wake` and `restart`: whether services run, not what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import click

from shared.cli import rollout
from shared.cli.client import ServicesApi, run
from shared.cli.commands.naming import all_option, check, chosen, names_argument
from shared.cli.connection.options import target_options
from shared.cli.connection.target import Target
from shared.cli.documents.definition import is_exposed
from shared.cli.together import each, tell
from shared.runtime.clock import SystemClock

_ENOUGH: Final = "MinimumReplicasAvailable"
"""A condition that is good news, and old news while the state is not ready."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: the call, and the word for what it did."""

    action: str
    done: str
    wait: bool = False
    timeout: float | None = None


def _command(action: str, done: str, summary: str) -> click.Command:
    @click.command(action, help=summary)
    @names_argument
    @all_option
    @rollout.wait_options
    @target_options
    def command(
        named: tuple[str, ...], everything: bool, wait: bool, timeout: float | None, target: Target
    ) -> None:
        check(named, everything=everything)
        run(_run(Request(action, done, wait, timeout), named, target, everything=everything))

    return command


async def _run(request: Request, named: Sequence[str], target: Target, *, everything: bool) -> None:
    async with ServicesApi(target) as api:
        if everything:  # the others are not meant: there is nothing to stop or start
            services = [one["name"] for one in await api.list() if is_exposed(one)]
        else:
            services = await chosen(api, named, everything=False)

        async def one(name: str) -> str | None:
            status = await api.act(name, request.action)
            line = f"service/{name} {told(request.done, status)}"
            if not request.wait:
                return line
            click.echo(line)
            await rollout.until_ready(api, name, request.timeout, SystemClock(), click.echo)
            return None

        tell(await each(services, one))


def told(done: str, status: Mapping[str, Any]) -> str:
    """What was done, and how the service is after it; each word once."""
    state, reason = str(status.get("state") or ""), str(status.get("reason") or "").strip()
    if state in ("", done):
        return done
    if reason.startswith(_ENOUGH):
        reason = ""
    return f"{done}: {state}. {reason}" if reason else f"{done}: {state}"


stop = _command("stop", "stopped", "Let no pod run until it is started.")
start = _command("start", "started", "Start again at the size of before.")
wake = _command("wake", "woken", "Give pods to what sleeps, as a request to it would.")
restart = _command("restart", "restarting", "Replace pods one after another.")
