"""`python -m shared.embedded --home DIR --port N`: the embedded cluster as a process of its own.

Prints one line when it serves. SIGTERM or SIGINT ends every pod and then the process, with exit
code 0; what keeps it from starting is told in one sentence, with exit code 2, or 1 when a file of
its state is damaged.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from pathlib import Path

import click

from shared.embedded.cluster import Cluster, ClusterError, ClusterSettings
from shared.embedded.node.backoff import BackOff
from shared.embedded.node.settings import NodeSettings
from shared.runtime import log
from shared.runtime.signals import on_stop


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".local"),
    show_default=True,
    help="Directory of the cluster's state: store, kubeconfigs, pods, logs.",
)
@click.option("--port", default=6443, show_default=True, help="Of the API server; 0: any free one.")
@click.option(
    "--pod-subnet", help="Addresses of pods, such as 127.42.0.0/16.  [default: a free one]"
)
@click.option("--sample-period", default=1.0, show_default=True, help="Seconds between samples.")
@click.option(
    "--restart-delay", default=1.0, show_default=True, help="Seconds; first back-off of a crash."
)
@click.option(
    "--recover", is_flag=True, help="Keep damaged files aside and go on with what can be read."
)
def main(
    home: Path,
    port: int,
    pod_subnet: str | None,
    sample_period: float,
    restart_delay: float,
    recover: bool,
) -> None:
    """Run an embedded Kubernetes cluster whose pods are processes of this machine."""
    log.setup("cluster")
    os.umask(0o077)  # the store holds Secrets
    node = NodeSettings(sample_period=sample_period, backoff=BackOff(first=restart_delay))
    try:
        asyncio.run(serve(ClusterSettings(home, port, pod_subnet, node, recover)))
    except ClusterError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1 if error.damaged else 2)


async def serve(settings: ClusterSettings) -> None:
    """Serve until SIGTERM or SIGINT; raises ClusterError, or what made a part fail."""
    stop = asyncio.Event()
    on_stop(stop.set)
    async with Cluster(settings) as cluster:
        for sentence in cluster.recovered:
            click.echo(f"recovered: {sentence}")
        gc.freeze()  # what was loaded stays for good; collections need not walk it
        click.echo(f"cluster ready at {cluster.url}; export KUBECONFIG={cluster.kubeconfig}")
        await cluster.until(stop)


if __name__ == "__main__":
    main()
