"""`python -m benchmarks.control_plane.node`: the node of a real cluster whose pods are processes.

Our own node agent, of which a mirror makes a kubelet, and metrics.k8s.io from its samples, as the
aggregator of the API server asks for it. KUBECONFIG names the cluster; SIGTERM ends all pods.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from benchmarks.control_plane.binaries import HOLDER, METRICS, PODS
from benchmarks.control_plane.mirror import Mirror
from shared.embedded.access.authentication import Tokens
from shared.embedded.access.rbac import administrator
from shared.embedded.api.bootstrap import bootstrap
from shared.embedded.api.operations import Api
from shared.embedded.api.providers import Providers
from shared.embedded.http.server import ApiServer
from shared.embedded.node.addresses import Addresses
from shared.embedded.node.agent import Agent
from shared.embedded.node.providers import NodeProviders
from shared.embedded.node.settings import NodeSettings
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.kube.client import KubeClient
from shared.runtime import certificate, log
from shared.runtime.clock import SystemClock
from shared.runtime.signals import on_stop
from shared.runtime.tasks import Supervisor

if TYPE_CHECKING:
    from shared.embedded.access.rbac import User

NODE: Final = "plane"
PORT: Final = 4443
"""Of metrics.k8s.io."""


class _Trusting(Tokens):
    """The aggregator has asked already whether the caller may; nobody else gets here."""

    def user(self, authorization: str) -> User:
        del authorization
        return administrator()


@click.command()
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--sample-period", type=float, required=True, help="Seconds between CPU samples.")
def main(home: Path, sample_period: float) -> None:
    """Run the node until SIGTERM."""
    log.setup("node")
    # A kubelet waits for nobody before it ends a pod: what a pod does first, its preStop hook says.
    settings = NodeSettings(
        name=NODE, sample_period=sample_period, config_retry=0.2, endpoint_wait=0, endpoint_lag=0
    )
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    asyncio.run(serve(home, settings))


async def serve(home: Path, settings: NodeSettings) -> None:
    """Serve until SIGTERM or SIGINT; raises what made a part fail."""
    stop = asyncio.Event()
    on_stop(stop.set)
    clock = SystemClock()
    api = Api(Store(Journal(home / "store")), now=clock.now)
    bootstrap(api)
    with Addresses(PODS, socket.create_server(HOLDER)) as addresses:
        agent = Agent(api, clock, settings, home, addresses, f"plane/{home}")
        agent.begin()
        async with (
            KubeClient.open(field_manager="kubelet") as kube,
            Supervisor() as tasks,
        ):
            server = await _metrics(api, agent, home)
            tasks.start("mirror", Mirror(kube, api, settings.name).run())
            agent.start(tasks)
            try:
                await tasks.until(stop)
            finally:
                await agent.stop()
                await server.stop()


async def _metrics(api: Api, agent: Agent, home: Path) -> ApiServer:
    node = NodeProviders(api, agent)
    providers = Providers(pod_metrics=node.pod_metrics, node_metrics=node.node_metrics)
    files = certificate.obtain(home / "pki", time.time(), "metrics of the node")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(files.certificate, files.key)
    server = ApiServer(api, _Trusting({}), providers)
    await server.start(METRICS, PORT, tls)
    return server


if __name__ == "__main__":
    main()
