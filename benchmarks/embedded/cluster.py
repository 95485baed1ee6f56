"""The embedded API server in a process of its own, in which pods turn unready and ready.

`python -m benchmarks.embedded.cluster FOLDER SERVICES PODS RATE` prints the path of a kubeconfig
when all pods are ready, and then changes RATE pods a second for ever.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from shared.embedded import kinds
from shared.embedded.access.authentication import Tokens
from shared.embedded.access.rbac import administrator
from shared.embedded.http.server import ApiServer
from shared.runtime.tasks import Supervisor
from shared.service import names
from tests.scaler.embedded import TOKEN, Embedded

if TYPE_CHECKING:
    from shared.embedded.api.operations import Api
    from shared.service.objects import Obj

MANAGER = "kubelet"


async def main(folder: Path, services: int, pods: int, rate: float) -> None:
    """Serve until killed."""
    cluster = Embedded(folder)
    for index in range(services):
        name = f"service-{index}"
        cluster.add(name, pods)
        cluster.api.create(kinds.SERVICE, service(name), names.NAMESPACE, manager=MANAGER)
    cluster.controllers.settle()
    gc.freeze()  # as the program does, once it serves
    async with Supervisor() as tasks:
        server = ApiServer(cluster.api, Tokens({TOKEN: administrator()}))
        cluster.port = await server.start()
        cluster.controllers.start(tasks)
        tasks.start("changes", change(cluster.api, rate))
        print(cluster.kubeconfig(), flush=True)
        await tasks.failed()


def service(name: str) -> Obj:
    """The Service of `name`, as the services API makes it."""
    port = {"name": "serviceport-0", "port": 80, "targetPort": 80}
    spec = {"selector": {"app": names.app_label(name)}, "ports": [port]}
    return {"metadata": {"name": names.service(name)}, "spec": spec}


async def change(api: Api, rate: float) -> None:
    """Turn `rate` pods a second, chosen at random, from ready to unready or back."""
    pods = [each["metadata"]["name"] for each in api.list(kinds.POD, names.NAMESPACE)]
    chosen = random.Random(1)
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        flip(api, chosen.choice(pods))
        due += 1 / rate
        await asyncio.sleep(max(0.0, due - loop.time()))


def flip(api: Api, name: str) -> None:
    """Change the readiness of a pod."""
    pod = api.get(kinds.POD, name, names.NAMESPACE)
    conditions = [
        {**each, "status": "False" if each["status"] == "True" else "True"}
        if each["type"] in ("Ready", "ContainersReady")
        else each
        for each in pod["status"]["conditions"]
    ]
    status = {**pod["status"], "conditions": conditions}
    api.update(kinds.POD, {**pod, "status": status}, subresource="status", manager=MANAGER)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
