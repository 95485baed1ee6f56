"""`exposed adopt`: take a service over from the OSCAR manager that made it."""

from __future__ import annotations

import click

from shared.cli.client import ServicesApi, run
from shared.cli.connection.options import target_options
from shared.cli.connection.target import Target


@click.command()
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--remove-hpa", is_flag=True, help="Remove its HorizontalPodAutoscaler.")
@click.option(
    "--remove-ingress", is_flag=True, help="Remove its Ingress or HTTPRoute, and what these use."
)
@target_options
def adopt(name: str, dry_run: bool, remove_hpa: bool, remove_ingress: bool, target: Target) -> None:
    """Take service NAME over from the OSCAR manager that made it; no pod restarts."""
    options = {"dry_run": dry_run, "remove_hpa": remove_hpa, "remove_ingress": remove_ingress}
    run(_adopt(name, options, target))


async def _adopt(name: str, options: dict[str, bool], target: Target) -> None:
    async with ServicesApi(target) as api:
        told = await api.adopt(name, options)
    for step in told["steps"]:
        click.echo(f"  {step}")
    for line in told["left"]:
        click.echo(f"  stays: {line}")
    done = "would be adopted" if options["dry_run"] else "adopted"
    click.echo(f"service/{name} {done}" if told["steps"] else f"service/{name} is ours already")
