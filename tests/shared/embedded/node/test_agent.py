"""Pods as processes: start, end, restart, what they are given and what is told of them."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from shared.embedded.api.providers import LogRequest
from shared.embedded.errors import StatusError
from shared.embedded.kinds import CONFIG_MAP, DEPLOYMENT, ENDPOINT_SLICE, POD, SECRET
from shared.embedded.node.nodeport import backends
from shared.embedded.node.procfs import Usage
from tests.waiting import until

SPACE = "oscar-svc"
SERVE = "exec python -m http.server --bind $HOST $PORT"
PORTS = {"ports": [{"containerPort": 8000}]}
READY = {"readinessProbe": {"httpGet": {"path": "/", "port": 8000}, "periodSeconds": 1}}


async def get(address: str, port: int = 8000) -> bytes:
    """The status line of a GET."""
    reader, writer = await asyncio.open_connection(address, port)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return line


async def test_a_pod_serves_at_its_own_address(node: Any) -> None:
    await node.run(SERVE, container=PORTS | READY)
    await node.run(SERVE, "q", container=PORTS | READY)
    await node.until_ready("p")
    await node.until_ready("q")
    assert node.address("p") != node.address("q")
    assert b"200" in await get(node.address("p"))
    assert b"200" in await get(node.address("q"))


async def test_the_status_is_what_kubectl_expects(node: Any) -> None:
    await node.run(SERVE, container=PORTS)
    await node.until_ready()
    status = node.pod()["status"]
    assert status["phase"] == "Running"
    assert status["hostIP"] == "127.0.0.1"
    assert status["podIPs"] == [{"ip": status["podIP"]}]
    conditions = {each["type"]: each["status"] for each in status["conditions"]}
    assert conditions == dict.fromkeys(
        ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"),
        "True",
    )
    container = node.status()
    assert container["ready"]
    assert container["started"]
    assert container["restartCount"] == 0
    assert "running" in container["state"]
    assert "Started" in node.reasons()


async def test_what_a_container_is_given(node: Any) -> None:
    node.configure("settings", COLOUR="green", other="x")
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    node.api.create(SECRET, secret | {"stringData": {"token": "t0ken"}}, SPACE, manager="test")
    environment = [
        {"name": "WHERE", "value": "http://$(POD)/$$x"},
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "AGAIN", "value": "$(POD)"},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "token"}}},
        {"name": "MAYBE", "valueFrom": {
            "configMapKeyRef": {"name": "none", "key": "k", "optional": True}}},
    ]  # fmt: skip
    container = PORTS | {"env": environment, "envFrom": [{"configMapRef": {"name": "settings"}}]}
    script = 'echo $COLOUR $TOKEN $AGAIN $PORT $HOST $POD_IP ${MAYBE-unset} "$WHERE"; pwd; sleep 9'
    await node.run(script, container=container)
    await node.until_ready()
    first, directory = await node.printed(2)
    address = node.address()
    assert first == f"green t0ken p 8000 {address} {address} unset http://$(POD)/$x"
    assert directory.startswith(str(node.home))


async def test_a_script_from_a_configmap_runs_at_its_mount_path_and_follows_changes(
    node: Any,
) -> None:
    node.configure("code", **{"script.sh": "cat /oscar/config/note; sleep 9", "note": "old\n"})
    mount = {"name": "v", "mountPath": "/oscar/config"}
    volumes = [{"name": "v", "configMap": {"name": "code", "defaultMode": 0o777}}]
    await node.run(
        "",
        volumes=volumes,
        container={"command": ["/bin/sh", "-c", "cat /oscar/config/note; exec sleep 9"],
                   "volumeMounts": [mount]},
    )  # fmt: skip
    await node.until_ready()
    assert await node.printed(1) == ["old"]
    body = {"data": {"note": "new\n"}}
    node.api.patch(CONFIG_MAP, "code", SPACE, body, manager="test")
    uid = node.pod()["metadata"]["uid"]
    assert (node.home / "pods" / uid / "volumes" / "v" / "note").read_text() == "new\n"


async def test_what_is_missing_is_told_and_waited_for(node: Any) -> None:
    volumes = [{"name": "v", "configMap": {"name": "late"}}]
    await node.run("exec sleep 9", volumes=volumes)
    await node.until(lambda: "FailedMount" in node.reasons())
    assert node.status()["state"]["waiting"]["reason"] == "ContainerCreating"
    node.configure("late", key="value")
    await node.until_ready()


async def test_a_container_without_command_says_what_to_do(node: Any) -> None:
    await node.run("", container={"command": []})
    await node.until(lambda: "ImageRunUnsupported" in node.reasons())
    waiting = node.status()["state"]["waiting"]
    assert waiting["reason"] == "ImageRunUnsupported"
    assert "script" in waiting["message"]
    assert node.pod()["status"]["phase"] == "Pending"


async def test_init_containers_are_refused_and_not_skipped(node: Any) -> None:
    first = {"name": "i", "image": "none", "command": ["true"]}
    await node.run("sleep 9", initContainers=[first])
    await node.until(lambda: "InitContainersUnsupported" in node.reasons())
    assert "script" in node.status()["state"]["waiting"]["message"]


async def test_a_failed_liveness_probe_is_a_restart(node: Any) -> None:
    probe = {"exec": {"command": ["/bin/sh", "-c", "test -e $TMPDIR/well"]}}
    liveness = {**probe, "periodSeconds": 1, "failureThreshold": 1, "initialDelaySeconds": 1}
    script = "echo started; trap 'echo told; exit 0' TERM; while :; do sleep 0.02; done"
    await node.run(script, container={"livenessProbe": liveness})
    await node.until(lambda: node.status()["restartCount"] == 1)
    assert "told" in node.log()
    assert {"Unhealthy", "Killing"} <= set(node.reasons())
    assert node.status()["lastState"]["terminated"]["exitCode"] == 0


async def test_a_startup_probe_by_command_makes_it_started(node: Any) -> None:
    probe = {"exec": {"command": ["/bin/sh", "-c", "test -e $TMPDIR/well"]}, "periodSeconds": 1}
    await node.run("echo $TMPDIR; exec sleep 60", container={"startupProbe": probe})
    await node.until(lambda: "running" in node.status()["state"])
    assert not node.status()["started"]
    (folder,) = await node.printed(1)
    (Path(folder) / "well").touch()
    await node.until_ready()
    assert node.status()["started"]


async def test_the_prestop_hook_comes_before_sigterm(node: Any) -> None:
    hook = {"exec": {"command": ["/bin/sh", "-c", "echo hooked > $TMPDIR/../note"]}}
    script = "trap 'cat note; exit 0' TERM; while :; do sleep 0.02; done"
    await node.run(script, container={"lifecycle": {"preStop": hook}})
    await node.until_ready()
    chunks = node.providers.logs(node.pod(), LogRequest("c", follow=True))
    assert await anext(chunks) == b""
    node.api.delete(POD, "p", SPACE)
    assert b"".join([chunk async for chunk in chunks]) == b"hooked\n"
    await node.until(lambda: not node.exists())


async def test_logs_of_this_run_and_the_one_before(node: Any) -> None:
    await node.run("echo run; exit 1")
    with pytest.raises(StatusError, match="is waiting to start: ContainerCreating"):
        await anext(node.providers.logs(node.pod(), LogRequest("c")))
    await node.until(lambda: node.status()["restartCount"] == 1)
    text = await anext(node.providers.logs(node.pod(), LogRequest("c", previous=True)))
    assert text == b"run\n"


async def test_there_is_no_log_of_a_run_that_was_not(node: Any) -> None:
    await node.run("exec sleep 9")
    await node.until_ready()
    with pytest.raises(StatusError, match="previous terminated container"):
        await anext(node.providers.logs(node.pod(), LogRequest("c", previous=True)))


async def test_a_crash_is_restarted_backed_off_and_remembered(node: Any) -> None:
    await node.run("echo run; exit 3")
    await node.until(lambda: node.status()["restartCount"] >= 2)
    await node.until(
        lambda: node.status()["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff"
    )
    last = node.status()["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (3, "Error")
    assert node.pod()["status"]["phase"] == "Running"
    assert "BackOff" in node.reasons()


async def test_kill_9_of_the_process_is_a_restart(node: Any) -> None:
    await node.run(SERVE, container=PORTS | READY)
    await node.until_ready()
    (pod,) = node.agent.pods.values()
    os.kill(pod.containers["c"].process.pid, signal.SIGKILL)
    await node.until(lambda: not node.is_ready())
    await node.until_ready()
    last = node.status()["lastState"]["terminated"]
    assert (last["exitCode"], last["signal"]) == (137, 9)
    assert node.status()["restartCount"] == 1
    assert b"200" in await get(node.address())


async def test_the_address_stays_over_restarts(node: Any) -> None:
    await node.run("exit 1")
    await node.until(lambda: "podIP" in node.pod()["status"])
    address = node.address()
    await node.until(lambda: node.status()["restartCount"] >= 1)
    assert node.address() == address


async def test_a_deleted_pod_gets_sigterm_and_ends_in_peace(node: Any) -> None:
    await node.run("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.02; done")
    await node.until_ready()
    await node.printed(1)  # the trap is set
    record = []
    node.api.subscribe(lambda change: record.append(change) if change.kind is POD else None)
    node.api.delete(POD, "p", SPACE)
    await node.until(lambda: not node.exists())
    ended = [
        state["terminated"]
        for change in record
        for status in change.object["status"]["containerStatuses"]
        if "terminated" in (state := status["state"])
    ]
    assert ended[-1]["exitCode"] == 0
    assert node.processes() == []
    assert list((node.home / "pods").iterdir()) == []
    assert list((node.home / "logs" / "pods").iterdir()) == []


async def test_one_that_ignores_sigterm_is_killed_after_its_grace(node: Any) -> None:
    await node.run("trap '' TERM; while :; do sleep 0.02; done", terminationGracePeriodSeconds=1)
    await node.until_ready()
    node.api.delete(POD, "p", SPACE)
    await node.until(lambda: not node.exists())
    assert node.processes() == []


async def test_a_forced_deletion_does_not_wait(node: Any) -> None:
    await node.run("trap '' TERM; while :; do sleep 0.02; done")
    await node.until_ready()
    (care,) = node.agent._tasks.values()
    node.api.delete(POD, "p", SPACE, grace=0)
    assert not node.exists()
    await asyncio.wait([care])
    assert node.processes() == []


async def test_forked_and_daemonised_descendants_end_with_the_pod(node: Any) -> None:
    daemon = "(setsid sh -c 'sleep 60 & sleep 61' >/dev/null 2>&1 &)"
    await node.run(f"{daemon}; sleep 62 & exec sleep 63")
    await node.until_ready()
    await until(lambda: len(node.processes()) >= 6, "shim, four sleeps, the daemon's shell")
    node.api.delete(POD, "p", SPACE)
    await node.until(lambda: not node.exists())
    assert node.processes() == []


async def test_endpoints_stop_being_ready_before_sigterm(node: Any) -> None:
    node.expose(targetPort=8000)
    await node.run("trap 'date +%s.%N; exit' TERM; while :; do sleep 0.01; done")
    await node.until_ready()
    slices = []

    def note(change: Any) -> None:
        if change.kind.kind == "EndpointSlice":
            for entry in change.object["endpoints"] or ():
                slices.append((entry["conditions"], len(node.processes())))

    await node.until_idle()
    node.api.subscribe(note)
    node.api.delete(POD, "p", SPACE)
    await node.until(lambda: not node.exists())
    conditions, alive = slices[0]
    assert conditions == {"ready": False, "serving": True, "terminating": True}
    assert alive >= 2, "shim and script still ran"


async def test_a_rolling_update_fails_no_request(node: Any) -> None:
    """A client that knows the slices alone, as the gateway does, asks all the time."""
    lag = 2.0  # for a request that has begun, on a busy machine
    node.agent.settings = replace(node.agent.settings, endpoint_lag=lag)
    routed: list[tuple[str, int]] = []

    def follow(change: Any) -> None:
        if change.kind is ENDPOINT_SLICE:
            routed[:] = backends([change.object], "")

    node.api.subscribe(follow)
    node.expose(targetPort=8000)
    node.api.create(DEPLOYMENT, deployment(), SPACE, manager="test")

    def complete(template: str) -> bool:
        status = node.api.get(DEPLOYMENT, "p", SPACE)["status"]
        running = [pod for pod in node.api.list(POD, SPACE) if template in str(pod["metadata"])]
        return bool(status.get("readyReplicas") == status.get("replicas") == 2 == len(running))

    await node.until(lambda: complete("p-") and len(routed) == 2)
    roll = {"spec": {"template": {"metadata": {"annotations": {"generation": "second"}}}}}
    node.api.patch(DEPLOYMENT, "p", SPACE, roll, manager="test")
    answers: list[bytes] = []
    while not complete("second") or len(node.api.list(POD, SPACE)) > 2:
        address, port = routed[len(answers) % len(routed)]
        answers.append(await get(address, port))
        await asyncio.sleep(0.005)
    assert len(answers) > 20
    assert all(b"200" in answer for answer in answers)


def deployment() -> dict[str, Any]:
    container = {
        "name": "c",
        "image": "none",
        "command": ["/bin/sh", "-c", SERVE],
        **PORTS,
        **READY,
    }
    pod = {"containers": [container], "nodeSelector": {"kubernetes.io/hostname": "local"}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "p"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "p"}},
            "template": {"metadata": {"labels": {"app": "p"}}, "spec": pod},
        },
    }


async def test_pods_that_shall_end_do(node: Any) -> None:
    await node.run("exit 0", "good", restartPolicy="Never")
    await node.run("exit 1", "bad", restartPolicy="Never")
    await node.run("exit 0", "once", restartPolicy="OnFailure")
    for name, phase in (("good", "Succeeded"), ("bad", "Failed"), ("once", "Succeeded")):
        await node.until(lambda n=name, p=phase: node.pod(n)["status"].get("phase") == p)
    node.api.delete(POD, "good", SPACE)
    await node.until(lambda: not node.exists("good"))


async def test_a_command_that_does_not_exist_is_told(node: Any) -> None:
    await node.run("", container={"command": ["/no/such/file"]})
    await node.until(lambda: "Failed" in node.reasons())
    last = node.status()["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (128, "StartError")
    assert "/no/such/file: No such file or directory" in last["message"]


async def test_a_server_on_every_address_is_told_why_it_fails(node: Any) -> None:
    await node.run("echo 'OSError: [Errno 98] Address already in use'; exit 1")
    await node.until(lambda: "AddressInUse" in node.reasons())
    assert "$HOST" in node.status()["lastState"]["terminated"]["message"]


async def test_privileged_ports_are_mapped_where_they_must_be(node: Any) -> None:
    node.agent._first_free_port = 1024
    node.expose()
    ports = {"ports": [{"containerPort": 80}]}
    probe = {"readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1}}
    await node.run(SERVE, container=ports | probe)
    await node.until_ready()
    assert node.pod()["metadata"]["annotations"] == {"local.exposed/port-map": '{"80": 8080}'}
    assert b"200" in await get(node.address(), 8080)
    await node.until_idle()
    (found,) = node.api.list(ENDPOINT_SLICE, SPACE)
    assert found["ports"][0]["port"] == 8080


def cpu_of(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system + times.children_user + times.children_system


async def test_cpu_is_what_the_kernel_counts_for_the_whole_pod(node: Any) -> None:
    await node.run("(while :; do :; done) & while :; do :; done")
    await node.until_ready()
    (pod,) = node.agent.pods.values()
    container = pod.containers["c"]
    await until(lambda: container.meter.last and container.meter.last.cpu >= 0.3, "0.3 s of CPU")
    pids = [container.process.pid, *psutil.Process(container.process.pid).children()]
    pids = [getattr(each, "pid", each) for each in pids]
    assert len(pids) == 2
    before = sum(map(cpu_of, pids))
    node.agent._take_sample()
    after = sum(map(cpu_of, pids))
    assert before - 0.011 <= container.meter.last.cpu <= after + 0.011, "to a tick of the kernel"


async def test_metrics_of_a_busy_pod(node: Any) -> None:
    await node.run("while :; do :; done")
    await node.until_ready()
    await until(lambda: node.providers.pod_metrics(SPACE), "a sample")
    (usage,) = node.providers.pod_metrics(SPACE)[0]["containers"]
    assert usage["name"] == "c"
    assert usage["usage"]["cpu"].endswith("n")
    assert int(usage["usage"]["memory"].removesuffix("Ki")) > 100
    (machine,) = node.providers.node_metrics()
    assert machine["metadata"]["name"] == "local"
    media_type, text = node.providers.node_proxy("local", "metrics/resource")
    assert media_type.startswith("text/plain")
    assert b'container_cpu_usage_seconds_total{container="c",namespace="oscar-svc",pod="p"}' in text
    assert node.providers.node_proxy("local", "configz") is None


async def test_a_first_reading_tells_of_a_pod_since_its_start_as_metrics_server_does(
    node: Any,
) -> None:
    node.agent.settings = replace(node.agent.settings, sample_period=15.0)
    await node.run("exec sleep 60")
    await node.until_ready()
    (pod,) = node.agent.pods.values()
    container = pod.containers["c"]
    now = container.started_at + 12.0
    pod.sample(now, {container.process.root: Usage(6.0, 2**20)})
    (metrics,) = node.providers.pod_metrics(SPACE)
    assert metrics["window"] == "12.000s"
    assert metrics["containers"] == [
        {"name": "c", "usage": {"cpu": "500000000n", "memory": "1024Ki"}}
    ]


async def test_a_mistake_of_ours_costs_one_pod_a_pause(node: Any) -> None:
    real = node.agent._adopt
    failures = iter([RuntimeError("bug")])

    def adopt(pod: Any) -> Any:
        for error in failures:
            raise error
        return real(pod)

    node.agent._adopt = adopt
    await node.run("exec sleep 9")
    await node.until_ready()
    assert "FailedSync" in node.reasons()
