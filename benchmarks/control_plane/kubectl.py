"""kubectl as an administrator of the plane: what an operator types to install this project."""

from __future__ import annotations

import asyncio
import shutil
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import yaml

from benchmarks.control_plane import programs
from shared.embedded.access import kubeconfig
from shared.runtime import private
from shared.runtime.certificate import files_in
from shared.service import names

if TYPE_CHECKING:
    from benchmarks.control_plane.programs import Places

MANIFESTS: Final = Path(__file__).parents[2] / "manifests"
HERE: Final = Path(__file__).parent
TOKEN_LIFETIME: Final = "24h"


class KubectlError(click.ClickException):
    """kubectl refused; the message is its own."""


class Kubectl:
    """`await kubectl("get", "nodes")` is what it prints; KubectlError when it fails."""

    def __init__(self, places: Places) -> None:
        self._places = places
        beside = Path(sysconfig.get_path("scripts")) / "kubectl"
        self._binary = str(beside if beside.exists() else shutil.which("kubectl") or "kubectl")

    async def __call__(self, *words: str, sent: str = "") -> str:
        command = [self._binary, "--kubeconfig", str(self._places.kubeconfig("admin")), *words]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe
        )
        output, errors = await process.communicate(sent.encode())
        if process.returncode:
            raise KubectlError(f"kubectl {' '.join(words)}: {errors.decode().strip()}")
        return output.decode()

    async def install(self) -> None:
        """All of manifests/base, of which nothing runs: the programs run beside the cluster, each
        with the token of its own service account."""
        await self("apply", "-f", str(MANIFESTS / "base/namespaces.yaml"))
        whole = list(yaml.safe_load_all(await self("kustomize", str(MANIFESTS / "base"))))
        await self("apply", "-f", "-", sent=yaml.safe_dump_all(map(_at_rest, whole)))
        for name in kubeconfig.SERVICE_ACCOUNTS:
            await self.lend(name)

    async def lend(self, account: str) -> None:
        """A kubeconfig with a token of one of our service accounts."""
        words = ("create", "token", account, "-n", names.SYSTEM_NAMESPACE)
        token = await self(*words, "--duration", TOKEN_LIFETIME)
        write_kubeconfig(self._places, account, token.strip())

    async def serve_metrics(self) -> None:
        """Register metrics.k8s.io, and wait until the aggregator reaches it."""
        await self("apply", "-f", str(HERE / "metrics.yaml"))
        waiting = ("wait", "--for=condition=Available", "--timeout=60s")
        await self(*waiting, "apiservice/v1beta1.metrics.k8s.io")


def write_kubeconfig(places: Places, name: str, token: str) -> None:
    """The kubeconfig of `name`, who has `token`."""
    authority = files_in(places.home / programs.SERVER).authority.read_bytes()
    url = f"https://{programs.HOST}:{places.api}"
    private.write(places.kubeconfig(name), kubeconfig.kubeconfig(name, token, url, authority))


def _at_rest(obj: dict[str, Any]) -> dict[str, Any]:
    return {**obj, "spec": {**obj["spec"], "replicas": 0}} if obj["kind"] == "Deployment" else obj
