"""`exposed list` and `exposed get`: the services there are, and their definitions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import click

from shared.cli.client import ServicesApi, run
from shared.cli.commands.naming import names_argument
from shared.cli.connection.options import target_options
from shared.cli.connection.target import Target
from shared.cli.documents import definition
from shared.cli.exits import ApiError
from shared.cli.output import Column, Format, Object, output_option, show_list, show_one
from shared.cli.together import each
from shared.cli.views.text import asleep
from shared.service import names

LONGEST_REASON: Final = 100
_TOO_FEW: Final = "MinimumReplicasUnavailable: Deployment does not have minimum availability."
"""What the state says too, where more follows."""
WELL: Final = ("ready", "stopped", "asleep")
"""States in which a service is as it should be."""
STUCK: Final = "but the new version"
"""What the API says of a service that is ready and yet not well."""


@click.command("list", short_help="List the services.")
@output_option()
@target_options
def list_services(output: Format, target: Target) -> None:
    """List the services with their state, scale and address."""
    services = run(_all(target))
    if not services and output == "table":
        click.echo("there are no services; make one with `exposed apply FILE`", err=True)
        return
    show_list(services, columns(target, _now()), output)


async def _all(target: Target) -> list[dict[str, Any]]:
    async with ServicesApi(target) as api:
        return await api.list(deployment=True)


@click.command(short_help="Print services as FDL that `apply` takes.")
@names_argument
@click.option("--token", "token_only", is_flag=True, help="Print the service's token alone.")
@output_option("fdl", "table", "json", "yaml", "name", default="fdl")
@target_options
def get(named: tuple[str, ...], token_only: bool, output: Format, target: Target) -> None:
    """Print services NAME... as FDL that `exposed apply` takes.

    Values of secrets are blank in it, which to `apply` means: as they are. With `-o json` or
    `-o yaml`, the API's own answer with token and state.
    """
    if not named:
        raise click.UsageError("give the NAME of a service, or several")
    services = run(_some(list(dict.fromkeys(named)), target))
    if token_only:
        click.echo("\n".join(service["token"] for service in services))
    elif output == "fdl":
        click.echo(fdl_of(services), nl=False)
    elif len(services) == 1:
        show_one(services[0], columns(target, _now()), output)
    else:
        show_list(services, columns(target, _now()), output)


async def _some(named: Sequence[str], target: Target) -> list[dict[str, Any]]:
    async with ServicesApi(target) as api:
        results = await each(named, api.fetch)
    failed = [one.message for one in results if isinstance(one, ApiError)]
    if failed:
        raise ApiError("\n".join(failed))
    return [one for one in results if isinstance(one, dict)]


def fdl_of(services: Sequence[Object]) -> str:
    """One FDL document of all `services`, under the cluster that the first names."""
    cluster = str(services[0].get("cluster_id") or "") or definition.CLUSTER
    return definition.document([definition.stated(service) for service in services], cluster)


def _now() -> str:
    return datetime.now(UTC).isoformat()


def columns(target: Target, now: str) -> list[Column]:
    """The table of services at `now`, RFC 3339; URLs begin with the gateway that was asked."""
    return [
        Column("NAME", lambda one: str(one["name"])),
        Column("STATE", lambda one: state(one, now)),
        Column("PODS", lambda one: str(_deployment(one).get("active_instances", "?"))),
        Column("SCALE", lambda one: _exposed(one, "{min_scale}-{max_scale}")),
        Column("CPU TARGET", lambda one: _exposed(one, "{cpu_threshold}%")),
        Column("AUTH", _auth),
        Column("URL", lambda one: url(target, one) or "-"),
        Column("REASON", reason),
    ]


def state(service: Object, now: str) -> str:
    """The state of a service in a word or two, with how long it has slept at `now`."""
    if not definition.is_exposed(service):
        return "not exposed"
    told = str(_deployment(service).get("state", "unknown"))
    return (
        asleep(_deployment(service).get("last_transition_time"), now) if told == "asleep" else told
    )


def reason(service: Object) -> str:
    """Why a service is not ready, or not well, on one line; empty if it is."""
    if not definition.is_exposed(service):
        return ""
    told = " ".join(str(_deployment(service).get("reason") or "").split())
    told = told.removeprefix(_TOO_FEW).strip() or told
    well = _deployment(service).get("state") in WELL and STUCK not in told
    short = told if len(told) <= LONGEST_REASON else told[: LONGEST_REASON - 1] + "…"
    return "" if well else short


def url(target: Target, service: Object) -> str:
    """Where people reach the service; empty if it is not exposed."""
    if not definition.is_exposed(service):
        return ""
    return f"{target.endpoint}{names.base_path(service['name'])}/"


def _deployment(service: Object) -> dict[str, Any]:
    return service.get("deployment") or {}


def _exposed(service: Object, text: str) -> str:
    return text.format_map(service["expose"]) if definition.is_exposed(service) else "-"


def _auth(service: Object) -> str:
    if not definition.is_exposed(service):
        return "-"
    return "token" if service["expose"].get("set_auth") else "none"
