"""The embedded API server in a process of its own, with what a gateway reads of many services.

`python -m benchmarks.embedded.routes FOLDER SERVICES PODS` prints the path of a kubeconfig.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from shared.embedded import kinds
from shared.embedded.access.authentication import Tokens
from shared.embedded.access.rbac import administrator
from shared.embedded.http.server import ApiServer
from shared.runtime.tasks import Supervisor
from shared.service import names
from tests.scaler.embedded import MANAGER, TOKEN, Embedded

if TYPE_CHECKING:
    from shared.service.objects import Obj


async def main(folder: Path, services: int, pods: int) -> None:
    """Serve until killed."""
    cluster = Embedded(folder)
    for index in range(services):
        for kind, obj in (
            (kinds.CONFIG_MAP, definition(f"service-{index}")),
            (kinds.ENDPOINT_SLICE, endpoints(f"service-{index}", index, pods)),
        ):
            cluster.api.create(kind, obj, names.NAMESPACE, manager=MANAGER)
    gc.freeze()
    async with Supervisor() as tasks:
        cluster.port = await ApiServer(cluster.api, Tokens({TOKEN: administrator()})).start()
        print(cluster.kubeconfig(), flush=True)
        await tasks.failed()


def definition(name: str) -> Obj:
    """The ConfigMap of a service."""
    expose = {"api_port": 8080, "min_scale": 1, "max_scale": 8, "set_auth": True}
    text = yaml.safe_dump({"name": name, "image": "i", "memory": "1Gi", "expose": expose})
    return {
        "metadata": {"name": name, "labels": {names.SERVICE_LABEL: name}},
        "data": {names.DEFINITION_KEY: text, "script.sh": "exec server\n" * 50},
    }


def endpoints(name: str, number: int, pods: int) -> Obj:
    """Its EndpointSlice, as the controller of a cluster writes it."""
    return {
        "metadata": {
            "name": f"{names.service(name)}-x",
            "labels": {"kubernetes.io/service-name": names.service(name)},
        },
        "addressType": "IPv4",
        "ports": [{"name": "serviceport-0", "port": 8080, "protocol": "TCP"}],
        "endpoints": [
            {
                "addresses": [f"10.{number >> 8}.{number & 255}.{pod + 1}"],
                "conditions": {"ready": True, "serving": True, "terminating": False},
                "nodeName": "node-1",
                "targetRef": {
                    "kind": "Pod",
                    "name": f"{names.deployment(name)}-{pod}",
                    "namespace": names.NAMESPACE,
                    "uid": f"{number:08x}-0000-4000-8000-{pod:012x}",
                },
            }
            for pod in range(pods)
        ],
    }


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
