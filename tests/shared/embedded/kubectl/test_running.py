"""kubectl with pods that run: status, describe, logs, rollouts, top, events, deletion."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.shared.embedded.kubectl.conftest import Kubectl

    Workload = Callable[..., dict[str, Any]]

WAIT = "--timeout=90s"
SLEEP = "exec sleep 1000"


def pods(kubectl: Kubectl) -> list[str]:
    """The names of the pods that are not on their way out, as `pod/NAME`."""
    items = kubectl.object("pods")["items"]
    return [
        f"pod/{item['metadata']['name']}"
        for item in items
        if "deletionTimestamp" not in item["metadata"]
    ]


def start(kubectl: Kubectl, workload: Workload) -> Kubectl:
    """Run the Deployment `web` of two pods, until both are ready, and a Service for them."""
    kubectl.apply(workload("web", f'echo "I am $HOSTNAME"; {SLEEP}', replicas=2))
    kubectl("expose", "deployment", "web", "--port=80", "--target-port=8080")
    kubectl("rollout", "status", "deployment/web", WAIT)
    return kubectl


@pytest.fixture(scope="module")
def shown(shared_kubectl: Kubectl, workload: Workload) -> Kubectl:
    """`web`, to look at."""
    return start(shared_kubectl, workload)


@pytest.fixture
def web(kubectl: Kubectl, workload: Workload) -> Kubectl:
    """`web`, to change."""
    return start(kubectl, workload)


def test_get_shows_pods_that_run(shown: Kubectl) -> None:
    header, *rows = shown("get", "pods", "-o", "wide").splitlines()
    assert header.split()[:5] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert [row.split()[1:4] for row in rows] == [["1/1", "Running", "0"]] * 2
    assert all("127." in row for row in rows)
    assert "2/2" in shown("get", "deployment")
    everything = shown("get", "all", "-o", "name")
    assert {line.split("/")[0] for line in everything.splitlines()} == {
        "pod",
        "service",
        "deployment.apps",
        "replicaset.apps",
    }


def test_describe_tells_the_story_of_each_kind(shown: Kubectl) -> None:
    pod = shown("describe", pods(shown)[0])
    assert re.search(r"^Status: +Running$", pod, re.MULTILINE)
    assert re.search(r"^Controlled By: +ReplicaSet/web-", pod, re.MULTILINE)
    assert "Scheduled" in pod
    assert "Started" in pod
    deployment = shown("describe", "deployment", "web")
    assert "2 desired | 2 updated | 2 total | 2 available | 0 unavailable" in deployment
    assert "ScalingReplicaSet" in deployment
    service = shown("describe", "service", "web")
    assert "8080" in service
    assert service.count("127.") >= 2
    shown("describe", "rs")


def test_describe_a_node_counts_its_pods(shown: Kubectl) -> None:
    (node,) = shown.object("nodes")["items"]
    described = shown("describe", "node", node["metadata"]["name"])
    assert "Non-terminated Pods:" in described
    assert shown.namespace in described
    assert "Ready" in shown("get", "nodes")


def test_describe_configuration(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "c", "--from-literal=key=value")
    kubectl("create", "secret", "generic", "s", "--from-literal=token=abc")
    assert "value" in kubectl("describe", "configmap", "c")
    assert "token:  3 bytes" in kubectl("describe", "secret", "s")
    assert "Active" in kubectl("describe", "namespace", kubectl.namespace)


def test_logs_of_one_pod_and_of_all(shown: Kubectl) -> None:
    with shown.follow(
        "logs", "-f", "-l", "app=web"
    ) as logs:  # a pod that is ready may yet be silent
        logs.until("I am")
        logs.until("I am")
    assert "I am" in shown("logs", pods(shown)[0])
    assert len(shown("logs", "-l", "app=web").splitlines()) == 2
    assert "I am" in shown("logs", "deployment/web")
    assert shown("logs", pods(shown)[0], "--tail=0") == ""
    assert "Z I am" in shown("logs", pods(shown)[0], "--timestamps")


def test_logs_are_followed_to_the_end(kubectl: Kubectl, workload: Workload) -> None:
    kubectl.apply(workload("chat", "while sleep 0.2; do echo tick; done"))
    kubectl("rollout", "status", "deployment/chat", WAIT)
    with kubectl.follow("logs", "-f", "deployment/chat") as logs:
        logs.until("tick")
        logs.until("tick")
        kubectl("delete", "deployment", "chat")
        logs.end()


def test_a_pod_that_fails_is_restarted_and_its_last_words_are_kept(
    kubectl: Kubectl, workload: Workload
) -> None:
    kubectl.apply(workload("bad", "echo last words; exit 3"))
    kubectl("wait", "deployment/bad", "--for=jsonpath={.status.replicas}=1", WAIT)
    path = "{.status.containerStatuses[0].lastState.terminated.exitCode}"
    kubectl("wait", "pod", "-l", "app=bad", f"--for=jsonpath={path}=3", WAIT)
    assert "last words" in kubectl("logs", "-l", "app=bad", "--previous")
    reason = "{.status.containerStatuses[0].state.waiting.reason}"
    kubectl("wait", "pod", "-l", "app=bad", f"--for=jsonpath={reason}=CrashLoopBackOff", WAIT)
    row = kubectl("get", "pods", "--no-headers").split()
    assert row[2] == "CrashLoopBackOff"
    assert "ago)" in " ".join(row)
    assert "BackOff" in kubectl("describe", "pods")


def test_rollouts_go_forward_restart_and_back(web: Kubectl) -> None:
    before = set(pods(web))
    web("rollout", "restart", "deployment/web")
    assert "successfully rolled out" in web("rollout", "status", "deployment/web", WAIT)
    assert before.isdisjoint(pods(web))
    web("set", "env", "deployment/web", "X=1")
    web("rollout", "status", "deployment/web", WAIT)
    history = web("rollout", "history", "deployment/web").splitlines()
    assert [line.split()[0] for line in history if line[:1].isdigit()] == ["1", "2", "3"]
    web("rollout", "undo", "deployment/web")
    web("rollout", "status", "deployment/web", WAIT)
    (container,) = web.object("deployment", "web")["spec"]["template"]["spec"]["containers"]
    assert "env" not in container


def test_a_paused_rollout_waits(web: Kubectl) -> None:
    before = pods(web)
    web("rollout", "pause", "deployment/web")
    web("set", "env", "deployment/web", "X=1")
    web("wait", "deployment/web", "--for=condition=Progressing=Unknown", WAIT)
    assert pods(web) == before
    web("rollout", "resume", "deployment/web")
    web("rollout", "status", "deployment/web", WAIT)
    assert set(before).isdisjoint(pods(web))


def test_scaling_starts_and_ends_pods(web: Kubectl) -> None:
    web("scale", "deployment", "web", "--replicas=3")
    web("wait", "deployment/web", "--for=jsonpath={.status.readyReplicas}=3", WAIT)
    web("scale", "deployment", "web", "--replicas=0")
    web("wait", "pod", "-l", "app=web", "--for=delete", WAIT)
    assert "0/0" in web("get", "deployment", "web")


def test_a_deleted_pod_terminates_and_is_replaced(web: Kubectl) -> None:
    gone, kept = pods(web)
    assert "deleted" in web("delete", gone)
    assert "NotFound" in web.fails("get", gone)
    web("wait", "deployment/web", "--for=jsonpath={.status.readyReplicas}=2", WAIT)
    assert kept in pods(web)


def test_a_pod_is_deleted_by_force(web: Kubectl) -> None:
    (gone, _) = pods(web)
    web("delete", gone, "--grace-period=0", "--force")
    assert "NotFound" in web.fails("get", gone)


def test_top_reads_the_metrics(shown: Kubectl) -> None:
    # The first sample needs two readings of the clock; until then the server has none.
    names = [name.removeprefix("pod/") for name in pods(shown)]
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{shown.namespace}/pods"
    for _ in range(100):
        if all(name in shown("get", "--raw", path) for name in names):
            break
    header, *rows = shown("top", "pods").splitlines()
    assert header.split() == ["NAME", "CPU(cores)", "MEMORY(bytes)"]
    assert sorted(row.split()[0] for row in rows) == sorted(names)
    assert "CPU(%)" in shown("top", "nodes")


def test_events_are_listed_in_both_ways(shown: Kubectl) -> None:
    listed = shown("events")
    assert "ScalingReplicaSet" in listed
    assert "SuccessfulCreate" in shown("get", "events")
    assert "Scheduled" in shown("events", "--for", pods(shown)[0])


def test_endpoints_are_printed(shown: Kubectl) -> None:
    row = shown("get", "endpointslices", "--no-headers").split()
    assert (row[1], row[2]) == ("IPv4", "8080")
    assert row[3].count("127.") == 2
