"""The benchmark on a real control plane, without one: what is told to its programs, and the mirror
between a cluster and the store of our node agent, for which the embedded cluster stands in."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner

from benchmarks.control_plane import binaries, kubectl, measure, programs
from benchmarks.control_plane.__main__ import main
from benchmarks.control_plane.binaries import Binaries, MissingError
from benchmarks.control_plane.mirror import Mirror
from benchmarks.control_plane.node import NODE, PORT
from benchmarks.control_plane.programs import Places
from benchmarks.scaler_load import stack
from shared.embedded.api.bootstrap import bootstrap
from shared.embedded.api.operations import Api
from shared.embedded.cluster import Cluster, ClusterSettings
from shared.embedded.node.addresses import Addresses
from shared.embedded.node.agent import Agent
from shared.embedded.node.settings import NodeSettings
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.kube.client import KubeClient
from shared.kube.errors import NotFound
from shared.kube.resources import CONFIGMAPS, LEASES, NODES, PODS
from shared.runtime.clock import SystemClock
from shared.runtime.tasks import Supervisor
from shared.service import names
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from shared.service.objects import Obj

PLACES = Places(Path("/home"), api=1, etcd=2, peer=3)
NAMESPACE = "default"


def executable(path: Path, text: str = "#!/bin/sh\n") -> None:
    path.write_text(text)
    path.chmod(0o755)


def test_missing_binaries_are_named_with_the_way_to_get_them(tmp_path: Path) -> None:
    executable(tmp_path / "etcd")
    result = CliRunner().invoke(main, ["--binaries", str(tmp_path)])
    assert result.exit_code == 2
    assert "has no kube-apiserver, kube-controller-manager, kube-scheduler." in result.output
    assert "make all WHAT=" in result.output


@pytest.mark.parametrize(
    ("usage", "option"),
    [("--listen-client-urls URLS", "--listen-client-urls=http://127.0.0.1:2"), ("-dir", "--dir=")],
)
def test_either_etcd_is_told_where_to_listen(tmp_path: Path, usage: str, option: str) -> None:
    for name in binaries.NAMES:
        executable(tmp_path / name, f'#!/bin/sh\necho "  {usage}" >&2\n')
    told = programs.etcd(binaries.find(tmp_path), PLACES, {})
    assert told.executable == str(tmp_path / "etcd")
    assert any(each.startswith(option) for each in told.arguments)


def test_addresses_that_are_not_routed_here_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "HOLDER", ("192.0.2.1", 10250))
    with pytest.raises(MissingError, match="ip route add local"):
        binaries.check_addresses()


def test_controllers_keep_their_own_times_and_rights() -> None:
    told = programs.controllers(Binaries(Path("/bin")), PLACES, {"A": "b"})
    assert "--use-service-account-credentials=true" in told.arguments
    assert not [each for each in told.arguments if "autoscaler" in each]
    assert told.environment == {"A": "b"}


def test_tokens_are_those_of_the_users_that_kubeadm_makes() -> None:
    assert programs.tokens({"admin": "a", "kube-scheduler": "s"}).splitlines() == [
        'a,kubernetes-admin,kubernetes-admin,"system:masters"',
        's,system:kube-scheduler,system:kube-scheduler,""',
    ]


def test_metrics_are_registered_where_the_node_serves_them() -> None:
    service, slices, registered = yaml.safe_load_all((kubectl.HERE / "metrics.yaml").read_text())
    assert service["spec"]["ports"][0]["targetPort"] == slices["ports"][0]["port"] == PORT
    assert slices["endpoints"][0]["addresses"] == [binaries.METRICS]
    assert registered["spec"]["service"]["name"] == service["metadata"]["name"]


def test_the_autoscaler_has_the_bounds_and_the_target_of_the_service() -> None:
    document = yaml.safe_load(stack.definition(stack.Settings("hpa")))
    expose = document["functions"]["oscar"][0]["local"]["expose"]
    spec = measure.autoscaler("hpa")["spec"]
    assert spec["scaleTargetRef"]["name"] == names.deployment("hpa")
    assert [spec["minReplicas"], spec["maxReplicas"]] == [expose["min_scale"], expose["max_scale"]]
    assert spec["targetCPUUtilizationPercentage"] == expose["cpu_threshold"]


def test_what_an_autoscaler_says() -> None:
    cpu = {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 87}}}
    status: dict[str, Any] = {
        "currentReplicas": 1,
        "desiredReplicas": 2,
        "currentMetrics": [cpu],
        "conditions": [{"type": "AbleToScale", "reason": "SucceededRescale"}],
    }
    assert measure.words({"status": status}) == "1 -> 2, cpu 87%, SucceededRescale"
    assert measure.words({}) == "0 -> 0, cpu None%, "


@asynccontextmanager
async def node(home: Path, kube: KubeClient) -> AsyncIterator[Agent]:
    """A second node of a cluster: an agent with a store of its own, and the mirror."""
    clock = SystemClock()
    settings = NodeSettings(name=NODE, config_retry=0.1, endpoint_wait=0, endpoint_lag=0)
    home.mkdir()
    api = Api(Store(Journal(home / "store")), now=clock.now)
    bootstrap(api)
    with Addresses.reserve(None, str(home)) as addresses:
        agent = Agent(api, clock, settings, home, addresses, f"test/{home}")
        agent.begin()
        async with Supervisor() as tasks:
            tasks.start("mirror", Mirror(kube, api, NODE).run())
            agent.start(tasks)
            yield agent
            await agent.stop()


def pod(name: str) -> Obj:
    """A pod that is bound to the node, has an owner, and tells what its ConfigMap says."""
    container = {
        "name": "c",
        "image": "none",
        "command": ["/bin/sh", "-c", "cat /config/word; exec sleep 600"],
        "volumeMounts": [{"name": "config", "mountPath": "/config"}],
    }
    owner = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "words",
        "uid": "",
        "controller": True,
    }
    return {
        "metadata": {"name": name, "ownerReferences": [owner]},
        "spec": {
            "nodeName": NODE,
            "terminationGracePeriodSeconds": 1,
            "containers": [container],
            "volumes": [{"name": "config", "configMap": {"name": "words"}}],
        },
    }


async def test_a_pod_of_the_cluster_runs_on_the_mirrored_node_and_ends(tmp_path: Path) -> None:
    async with (
        Cluster(ClusterSettings(tmp_path / "cluster")) as cluster,
        KubeClient.open(field_manager="test", kubeconfig=str(cluster.kubeconfig)) as kube,
        node(tmp_path / "node", kube) as agent,
    ):
        words = {"metadata": {"name": "words"}, "data": {"word": "hello\n"}}
        made = await kube.create(CONFIGMAPS, words, NAMESPACE)
        body = pod("p")
        body["metadata"]["ownerReferences"][0]["uid"] = made["metadata"]["uid"]
        created = await kube.create(PODS, body, NAMESPACE)
        uid = created["metadata"]["uid"]

        async def status() -> Obj:
            found: Obj = (await kube.get(PODS, "p", NAMESPACE)).get("status") or {}
            return found

        async def runs() -> bool:
            return (await status()).get("phase") == "Running"

        await until(runs)
        known = agent.pods[uid]
        assert (await status())["podIP"] == known.sandbox.address
        log = known.containers["c"].log
        await until(lambda: log.exists() and "hello" in log.read_text())
        assert (await kube.get(NODES, NODE))["status"]["conditions"]
        lease = await kube.get(LEASES, NODE, "kube-node-lease")
        assert lease["spec"]["holderIdentity"] == NODE
        (root,) = known.roots

        await kube.delete(PODS, "p", NAMESPACE)

        async def gone() -> bool:
            try:
                await kube.get(PODS, "p", NAMESPACE)
            except NotFound:
                return True
            return False

        await until(gone)
        assert not os.path.exists(f"/proc/{root}")
        await until(lambda: uid not in agent.pods)
