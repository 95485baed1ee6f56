"""`python -m scaler explain NAME`: why this number of replicas, asked of the live cluster."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import aiohttp
import click
from yarl import URL

from scaler.cluster.authorship import MANAGER, author
from scaler.cluster.catalog import Caches, Cataloguer
from scaler.config import settings as environment
from scaler.config.document import Config, ConfigError
from scaler.config.file import read_config
from scaler.config.published import read_published
from scaler.control.annotation import recall
from scaler.control.evaluate import evaluate
from scaler.control.inputs import Fetcher
from scaler.control.timing import FETCH_TIMEOUT
from scaler.report.explain import explain as lines_of
from scaler.report.leader import Leader, Told, last_decision, leader_of
from scaler.report.sentences import clock_time
from scaler.sources.http import check_url, get_json
from scaler.sources.kind import Access
from scaler.sources.registry import kind_of
from scaler.sources.samples import SourceError
from shared.kube.changes import key_of
from shared.kube.client import KubeClient
from shared.kube.errors import Forbidden, KubeError
from shared.kube.resources import CONFIGMAPS, DEPLOYMENTS, HPAS, LEASES, NODES, PODS, REPLICASETS
from shared.runtime.clock import SystemClock
from shared.runtime.settings import SettingsError
from shared.service import names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaler.config.settings import Settings
    from scaler.control.evaluate import Inputs
    from shared.kube.resources import Resource
    from shared.service.objects import Obj
    from shared.service.spaces import Spaces

_GUESS: Final = (
    "the scaler's configuration is not known here{why}, and the defaults are taken for it; "
    "name the file with --config or SCALER_CONFIG"
)
_OWN: Final = ("SCALER_CONFIG", "SCALER_GATEWAYS", "SCALER_SOURCE", "SCALER_PERIOD")
"""Variables that say how services are scaled; with one of them, the leader's word is not asked."""
_FAR: Final = (
    "the gateways that the scaler asks cannot be reached from here; for their part of the "
    "explanation run it where they can: kubectl exec -n {space} deploy/scaler -- "
    "python -m scaler explain {name}"
)


_UNASKED: Final = (
    "the last decision of {leader} is not known here, and this is what one look says: {error}"
)
_PERIODS: Final = 3
_CLOCKS: Final = 10.0
"""Seconds: the leader's last decision is of now if it is not older than so much and some periods;
its clock may be another."""


@click.command()
@click.argument("name")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The scaler's configuration file; else that of SCALER_CONFIG.",
)
def explain(name: str, config: Path | None) -> None:
    """Tell why service NAME has its number of replicas, and what would be written now.

    Asks the cluster of KUBECONFIG; writes nothing.
    """
    try:
        settings = environment.read(os.environ)
        path = config or settings.config_path
        known = read_config(path, settings.base) if path else None
        if known is None and any(os.environ.get(each) for each in _OWN):
            known = settings.base
        asyncio.run(_explain(name, known, settings, asked=config is None))
    except (SettingsError, ConfigError, KubeError, OSError) as error:
        raise click.ClickException(str(error)) from error


async def _explain(name: str, known: Config | None, settings: Settings, *, asked: bool) -> None:
    """`asked`: the leader is asked for its last decision, not what another configuration gives."""
    timeout, spaces = aiohttp.ClientTimeout(total=FETCH_TIMEOUT), settings.spaces
    async with (
        KubeClient.open(field_manager="scaler-explain") as kube,
        aiohttp.ClientSession(timeout=timeout) as session,
    ):
        leader = await _leader(kube, settings)
        config = known or _configuration(leader, settings)
        caches = await _read(kube, spaces)
        catalog = Cataloguer(spaces).catalog(caches)
        if name in catalog.broken:
            raise click.ClickException(f"{name}: its definition is wrong: {catalog.broken[name]}")
        target = catalog.targets.get(name)
        if target is None:
            there = ", ".join(sorted(catalog.targets)) or "none"
            raise click.ClickException(f"no exposed service {name!r}; there are: {there}")
        nodes = {facts.expected.node for facts in target.pods} - {""}
        access = Access(kube, session, spaces, lambda: nodes)
        inputs = await _inputs(Fetcher(access, _Silent()), config)
        told = await _told(session, leader, name) if asked else None
    if config.source.gateways and inputs.loads is None:
        click.echo(_FAR.format(space=names.SYSTEM_NAMESPACE, name=name), err=True)
    now = SystemClock().now()
    scaling, problems = config.scaling_of(name, target.expose.scaling)
    scheduled = scaling.least_replicas(now)
    policy = scaling.policy_for(target.expose, scheduled)
    state = recall(target.deployment, policy.name)
    capacities = catalog.capacities
    result = evaluate(target, policy, state, inputs, capacities, now, scaling.zero, scheduled)
    leaders = told is not None and now - told.decided <= _PERIODS * policy.period_s + _CLOCKS
    if told is not None and leaders:
        click.echo(f"decision: the leader's, of {clock_time(told.decided)}", err=True)
        result = replace(result, decision=told.decision, awake=told.awake)
    unmarked = told is not None and told.unmarked
    for line in lines_of(target, scaling, problems, result, leaders=leaders, unmarked=unmarked):
        click.echo(line)
    if "OperatorHold" in result.decision.limits:
        click.echo(f"The size was set by {author(target.deployment, MANAGER)}.")


async def _leader(kube: KubeClient, settings: Settings) -> Leader | KubeError:
    """The leading scaler by its Lease, or why that cannot be read."""
    try:
        return leader_of(await kube.get(LEASES, settings.lease, names.SYSTEM_NAMESPACE))
    except KubeError as error:
        return error


def _configuration(leader: Leader | KubeError, settings: Settings) -> Config:
    """The configuration that the leading scaler has written into its Lease; else the defaults."""
    why = f": {leader}"
    if isinstance(leader, Leader):
        why = f": Lease {settings.lease} does not tell it"
        try:
            if leader.configuration:
                published = read_published(leader.configuration)
                holder = leader.identity or "the last leader"
                click.echo(f"configuration: of {holder}, by Lease {settings.lease}", err=True)
                return published
        except ConfigError as error:
            why = f": {error}"
    click.echo(_GUESS.format(why=why), err=True)
    return settings.base


async def _told(
    session: aiohttp.ClientSession, leader: Leader | KubeError, name: str
) -> Told | None:
    """The leader's own last decision; it has watched for long what is seen but once here."""
    if isinstance(leader, KubeError) or not leader.admin:
        return None
    try:
        url = str(URL(check_url(leader.admin)) / "decisions")
        return last_decision(await get_json(session, url, {"service": name}), name)
    except (SourceError, ValueError) as error:
        click.echo(_UNASKED.format(leader=leader.identity, error=error), err=True)
        return None


async def _read(kube: KubeClient, spaces: Spaces) -> Caches:
    """All collections once, in the form in which informers keep them."""
    space = spaces.watched
    return Caches(
        configmaps=await _list(kube, CONFIGMAPS, space, names.SERVICE_LABEL),
        deployments=await _list(kube, DEPLOYMENTS, space),
        replicasets=await _list(kube, REPLICASETS, space),
        pods=await _list(kube, PODS, space),
        hpas=await _list(kube, HPAS, space),
        nodes=await _nodes(kube),
    )


async def _list(
    kube: KubeClient, resource: Resource, namespace: str | None = None, labels: str = ""
) -> Mapping[tuple[str, str], Obj]:
    answer = await kube.list(resource, namespace, labels=labels)
    return {key_of(item): item for item in answer.get("items") or ()}


async def _nodes(kube: KubeClient) -> Mapping[tuple[str, str], Obj]:
    try:
        return await _list(kube, NODES)
    except Forbidden:
        return {}


async def _inputs(fetcher: Fetcher, config: Config) -> Inputs:
    fetcher.configure(config.source)
    try:
        inputs = await fetcher.fetch()
        warm_up = kind_of(config.source.kind).warm_up_s
        if warm_up and not inputs.samples_error:
            click.echo(f"counting CPU for {warm_up:g} s …", err=True)
            await asyncio.sleep(warm_up)
            inputs = await fetcher.fetch()
    finally:
        await fetcher.close()
    return inputs


class _Silent:
    """Hears of failing sources what the explanation tells anyway, or says it at once."""

    def source(self, kind: str, problem: str) -> None:
        click.echo(f"{kind}: {problem}", err=True)

    def malformed(self, count: int) -> None:
        if count:
            click.echo(f"{count} samples cannot be read", err=True)

    def ages(self, kind: str, age: float | None) -> None:
        """What is asked once is new."""

    def gateways(self, heard: int, silent: int) -> None:
        """Silent ones are named as problems."""
