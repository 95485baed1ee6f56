"""`exposed adopt`: take a service over from the OSCAR manager that made it."""

from __future__ import annotations

from typing import Any

import click

from shared.cli.client import ServicesApi, run
from shared.cli.commands.naming import name_argument
from shared.cli.connection.options import target_options
from shared.cli.connection.target import Target
from shared.cli.output import Format, output_option, show_one


@click.command()
@name_argument
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--remove-hpa", is_flag=True, help="Remove its HorizontalPodAutoscaler.")
@click.option(
    "--remove-ingress", is_flag=True, help="Remove its Ingress or HTTPRoute, and what these use."
)
@output_option("table", "json", "yaml")
@target_options
def adopt(name: str, output: Format, target: Target, **options: bool) -> None:
    """Take service NAME over from the OSCAR manager that made it; no pod restarts.

    What of the manager's stays is told; it goes with the service.
    """
    told = run(_adopt(name, options, target))
    if output == "table":
        click.echo("\n".join(_lines(told)))
    else:
        show_one(told, (), output)


async def _adopt(name: str, options: dict[str, bool], target: Target) -> dict[str, Any]:
    async with ServicesApi(target) as api:
        return await api.adopt(name, options)


def _lines(told: dict[str, Any]) -> list[str]:
    if not told["steps"]:
        done = "is ours already"
    else:
        done = "would be adopted" if told["dry_run"] else "adopted"
    steps = [f"  {step}" for step in told["steps"]]
    left = [f"  stays: {line}" for line in told["left"]]
    return [*steps, *left, f"service/{told['service_name']} {done}"]
