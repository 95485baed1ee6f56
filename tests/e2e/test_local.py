"""From FDL to a routed, autoscaled service with real processes, as a newcomer uses it."""

from __future__ import annotations

import base64
import json
import os
import signal
import stat
import subprocess
import threading
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.bombs import BOMBS, configmap
from tests.e2e.conftest import PROGRAMS, SERVICES, Run
from tests.shared.service.manager import TOKEN, Made
from tests.waiting import until_blocking

ADOPTION = Path(__file__).parents[2] / "manifests" / "adoption"
NOTES = SERVICES / "notes.yaml"
LOAD = (str(PROGRAMS / "exposed"), "load")

pytestmark = pytest.mark.timeout(180)


def test_state_is_private(run: Run) -> None:
    for name in ("credentials", "kubeconfig"):
        assert stat.S_IMODE((run.home / name).stat().st_mode) == 0o600
    assert (run.home / "credentials").read_text().count(":") == 1


def test_request_with_and_without_token(run: Run) -> None:
    answer = run.call("burner", "some/path?seconds=0")
    assert answer.status == 200
    assert answer.json()["path"] == "/some/path"
    refused = run.request("/system/services/burner/exposed/")
    assert refused.status == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    wrong = run.request("/system/services/burner/exposed/", user="burner", password="0" * 64)
    assert wrong.status == 401


def test_unknown_service(run: Run) -> None:
    answer = run.request("/system/services/absent/exposed/")
    assert answer.status == 404
    assert "absent" in answer.body


def test_the_services_api_answers_oscars_clients_through_the_gateway(run: Run) -> None:
    user, password = (run.home / "credentials").read_text().strip().split(":")
    info = run.request("/system/info", user=user, password=password)
    assert (info.status, info.json()["version"][:2]) == (200, "v4")
    for path in ("/run/burner", "/job/burner"):
        refused = run.request(path, data=b"aW5wdXQ=", method="POST")
        assert (refused.status, "Exposed Services" in refused.body) == (501, True)
    buckets = run.request("/system/buckets", user=user, password=password)
    assert buckets.status == 501


def test_wrong_port_is_a_502_that_names_api_port(run: Run) -> None:
    run.exposed("apply", str(SERVICES / "wrongport.yaml"))

    def runs() -> bool:
        return any(pod["status"]["phase"] == "Running" for pod in run.pods("wrongport"))

    until_blocking(runs, "a pod that listens elsewhere")
    answer = run.request("/system/services/wrongport/exposed/")
    assert answer.status == 502
    assert "api_port" in answer.body
    assert "5000" in answer.body


def test_kubectl_lists_the_pods(run: Run) -> None:
    lines = run.kubectl("get", "pods", "-n", "oscar-svc").splitlines()
    assert lines[0].split() == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    burner = next(line for line in lines if line.startswith("burner-dlp-"))
    assert burner.split()[1:3] == ["1/1", "Running"]


def listed(run: Run) -> dict[str, list[str]]:
    """The cells of `exposed list` by service."""
    return {line.split()[0]: line.split() for line in run.exposed("list").splitlines()}


def test_list_shows_the_service(run: Run) -> None:
    rows = listed(run)
    assert rows["burner"][1] == "ready"
    assert rows["burner"][3:6] == ["1-3", "50%", "token"]


def test_people_see_into_the_service(run: Run) -> None:
    told = run.exposed("describe", "burner")
    (pod,) = (one["metadata"]["name"] for one in run.pods("burner"))
    assert pod in told
    assert "State:       ready" in told
    logs = run.exposed("logs", "burner", "--tail", "all", "--timestamps")
    assert logs.startswith(f"{pod} | 20")
    assert logs.splitlines()[0].endswith("Z burner starts")
    followed = run.exposed("logs", "-f", "burner", "--tail", "1", "--for", "100ms")
    assert followed == f"{pod} | burner starts\n"


def test_a_new_token_is_taken_and_the_one_before_refused(run: Run) -> None:
    before = run.exposed("token", "burner").strip()
    run.tokens["burner"] = run.exposed("token", "burner", "--rotate").strip()
    until_blocking(lambda: run.call("burner").status == 200, "the new token is taken")
    path = "/system/services/burner/exposed/"
    assert run.request(path, user="burner", password=before).status == 401
    until_blocking(
        lambda: (
            "complete; 1 of 1 pods are of it, 0 of earlier" in run.exposed("describe", "burner")
        ),
        "pods know the new token",
        60,
    )


def test_killed_pod_comes_back_and_the_request_in_flight_gets_a_502(run: Run) -> None:
    pid = run.call("burner").json()["pid"]
    restarts = sum(restart_count(pod) for pod in run.pods("burner"))
    with Hanging(run) as hanging:
        until_blocking(lambda: in_flight(run, "burner"), "a request in flight")
        os.kill(pid, signal.SIGKILL)
        assert hanging.status() == 502
    until_blocking(
        lambda: sum(restart_count(p) for p in run.pods("burner")) > restarts, "a restart", 30
    )
    assert run.call("burner").status == 200
    assert run.call("burner").json()["pid"] != pid


@pytest.mark.parametrize("module", ["gateway", "scaler", "gateway.management"])
def test_killed_process_comes_back_and_nothing_is_lost(run: Run, module: str) -> None:
    assert run.call("burner").status == 200
    process = run.child(module)
    assert process is not None
    process.kill()
    until_blocking(lambda: run.child(module) not in (None, process), f"{module} restarted")
    until_blocking(lambda: attempt(run), "an answer")
    until_blocking(lambda: "burner" in exposed_list(run), "the services API")
    assert f"{module.split('.')[-1]} ended (signal SIGKILL)" in run.said()


@pytest.mark.timeout(300)
def test_scales_out_under_load_and_back_without_a_failed_request(run: Run) -> None:
    with subprocess.Popen(
        [*LOAD, "burner", "?seconds=0.05", "--connections", "6", "--seconds", "30"],
        env=run.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as load:
        try:
            until_blocking(lambda: len(run.pods("burner")) > 1, "more than one pod under load", 45)
            output, _ = load.communicate(timeout=60)
        finally:
            load.kill()
    assert load.returncode == 0, output
    until_blocking(lambda: len(run.pods("burner")) == 1, "one pod after the load", 200)
    events = run.kubectl("get", "events", "-n", "oscar-svc")
    assert "SuccessfulRescale" in events


def test_stop_and_start(run: Run) -> None:
    run.exposed("stop", "burner")
    until_blocking(lambda: not run.pods("burner"), "no pod")
    answer = run.call("burner")
    assert answer.status == 503
    assert "stopped" in answer.body
    run.exposed("start", "burner")
    until_blocking(lambda: run.call("burner").status == 200, "an answer", 60)


def test_metrics_of_gateway_and_scaler(run: Run) -> None:
    for port, name in (("GATEWAY_ADMIN", "burner"), ("SCALER", "burner")):
        assert f'service="{name}"' in metrics(run, port)


def test_bombs_end_nobody_and_are_named(run: Run, tmp_path: Path) -> None:
    modules = ("gateway", "scaler", "gateway.management")
    before = [run.child(module) for module in modules]
    items = [configmap(name, text) for name, text in BOMBS.items()]
    path = tmp_path / "bombs.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    run.kubectl("create", "-f", str(path))
    count = f"gateway_invalid_definitions {float(len(BOMBS))}"
    until_blocking(lambda: count in metrics(run, "GATEWAY_ADMIN"), "all of them counted", 60)
    until_blocking(
        lambda: all(f'service="{name}"' in metrics(run, "SCALER") for name in BOMBS),
        "standings",
        60,
    )
    assert "burner" in run.exposed("list")
    assert run.call("burner", "?seconds=0").status == 200
    for program in ("gateway", "scaler", "management"):
        log = run.home / "logs" / f"{program}.log"
        until_blocking(partial(names_all, log), f"every bomb in the log of {program}")
    run.exposed("delete", *BOMBS)
    assert [run.child(module) for module in modules] == before


def names_all(log: Path) -> bool:
    """Whether a log, which `exposed local` writes of what it hears, tells of each."""
    text = log.read_text()
    return all(f"ConfigMap {name} is not a service" in text for name in BOMBS)


def metrics(run: Run, port: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{run.ports[port]}/metrics") as response:
        text: str = response.read().decode()
    return text


def test_what_an_oscar_manager_made_is_taken_over_without_a_lost_request(run: Run) -> None:
    made_by_a_manager(
        run,
        Made(
            "theirs",
            script=(SERVICES / "burner.sh").read_text(),
            set_auth=True,
            replicas=2,
            most=2,  # for the requests are a load
            secrets={"KEY": "x"},
        ),
    )
    run.tokens["theirs"] = TOKEN
    until_blocking(lambda: run.call("theirs").status == 200, "the manager's service answers", 60)
    until_blocking(lambda: listed(run).get("theirs", ["", ""])[1] == "ready", "it is ready", 60)
    assert run.request("/system/services/theirs/exposed/").status == 401
    before = their_pods(run)
    statuses: list[int] = []
    answered: set[int] = set()
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            answer = run.call("theirs")
            statuses.append(answer.status)
            answered.add(answer.json()["pid"] if answer.status == 200 else 0)

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for each in asking:
        each.start()
    try:
        run.kubectl("apply", "-k", str(ADOPTION))
        told = run.exposed("adopt", "theirs", "--remove-hpa", "--remove-ingress")
        seen = len(statuses)
        until_blocking(lambda: len(statuses) > seen + 20, "requests after it", 60)
    finally:
        over.set()
        for each in asking:
            each.join()
    assert told.splitlines()[-1] == "service/theirs adopted"
    assert set(statuses) == {200}
    assert len(answered) == 2, "the same processes answer"
    assert their_pods(run) == before
    names = run.kubectl("get", "deploy,hpa,ingress", "-n", "oscar-svc", "-o", "name").split()
    assert [name for name in names if "theirs" in name] == ["deployment.apps/theirs-dlp"]
    configmap = run.kubectl("get", "configmap", "theirs", "-n", "oscar-svc", "-o", "yaml")
    assert TOKEN not in configmap
    assert base64.b64encode(TOKEN.encode()).decode() not in configmap
    run.exposed("delete", "theirs")
    until_blocking(lambda: not their_pods(run), "its pods are gone", 60)


def made_by_a_manager(run: Run, made: Made) -> None:
    """What an OSCAR manager makes; its probes would take half a minute."""
    objects = made.objects()
    for obj in objects:
        if obj["kind"] == "Deployment":
            (container,) = obj["spec"]["template"]["spec"]["containers"]
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                del container[probe]
    body = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    subprocess.run(
        [str(PROGRAMS / "kubectl"), "create", "-f", "-"],
        env=run.environment(),
        input=body,
        text=True,
        check=True,
        capture_output=True,
    )


def their_pods(run: Run) -> dict[str, str]:
    """uids by name."""
    found = json.loads(run.kubectl("get", "pods", "-n", "oscar-svc", "-o", "json"))["items"]
    named = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in found}
    return {name: uid for name, uid in named.items() if name.startswith("theirs-")}


def restart_count(pod: dict[str, Any]) -> int:
    return sum(status["restartCount"] for status in pod["status"].get("containerStatuses", ()))


def attempt(run: Run) -> bool:
    try:
        return run.call("burner").status == 200
    except OSError:
        return False


def exposed_list(run: Run) -> str:
    result = subprocess.run(
        [str(PROGRAMS / "exposed"), "list"],
        env=run.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return result.stdout


def in_flight(run: Run, name: str) -> int:
    url = f"http://127.0.0.1:{run.ports['GATEWAY_ADMIN']}/load"
    with urllib.request.urlopen(url, timeout=60) as response:
        return int(json.load(response).get(name, {}).get("in_flight", 0))


class Hanging:
    """A request that the pod never answers, in a thread of its own.

    A POST, for a GET may be sent again, and then hang in the pod that has come back.
    """

    def __init__(self, run: Run) -> None:
        self._run, self._status = run, 0
        run.call("burner")
        self._thread = threading.Thread(target=self._call)

    def _call(self) -> None:
        self._status = self._run.call("burner", "hang", method="POST", data=b"x").status

    def __enter__(self) -> Hanging:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(60)

    def status(self) -> int:
        self._thread.join(60)
        return self._status


def notes(folder: Path, **volume: Any) -> str:
    """The definition of `notes` with another memory and these fields of its volume."""
    document = yaml.safe_load(NOTES.read_text())
    service = document["functions"]["oscar"][0]["local"]
    service["script"] = str(SERVICES / "notes.sh")
    service["memory"] = "256Mi"
    service["volume"] |= volume
    path = folder / "notes.yaml"
    path.write_text(yaml.safe_dump(document))
    return str(path)


def started(run: Run, times: int) -> None:
    """Wait until the service says that it was started so often."""

    def counted() -> bool:
        answer = run.call("notes", "starts")
        return answer.status == 200 and answer.body.strip() == str(times)

    until_blocking(counted, f"start number {times}", 60)


def test_data_stay_as_long_as_the_definition_says(run: Run, tmp_path: Path) -> None:
    run.exposed("apply", str(NOTES))
    started(run, 1)
    run.exposed("restart", "notes")
    started(run, 2)
    run.exposed("apply", notes(tmp_path, size="2Gi"))
    started(run, 3)
    claim = json.loads(run.kubectl("get", "pvc", "notes", "-n", "oscar-svc", "-o", "json"))
    assert claim["status"]["capacity"] == {"storage": "2Gi"}
    run.exposed("stop", "notes")
    until_blocking(lambda: not run.pods("notes"), "no pod")
    run.exposed("start", "notes")
    started(run, 4)
    run.exposed("delete", "notes")
    run.tokens.clear()
    run.exposed("apply", notes(tmp_path, size="2Gi", lifecycle_policy="delete"))
    started(run, 5)
    (folder,) = (run.home / "volumes").iterdir()
    run.exposed("delete", "notes")
    until_blocking(lambda: not folder.exists(), "the data are gone with the service", 60)


def test_no_request_fails_while_the_node_is_called_not_ready(run: Run) -> None:
    def states() -> list[bool]:
        where = ("-n", "oscar-svc", "-l", "kubernetes.io/service-name=burner-svc")
        found = json.loads(run.kubectl("get", "endpointslices", *where, "-o", "json"))["items"]
        return [each["conditions"]["ready"] for one in found for each in one["endpoints"]]

    def say(word: str) -> None:
        body = json.dumps({"status": {"conditions": [{"type": "Ready", "status": word}]}})
        patched = ("--subresource=status", "--type=strategic", "-p", body)
        run.kubectl("patch", "node", "local", *patched)

    assert run.call("burner", "?seconds=0").status == 200
    say("False")
    try:
        until_blocking(lambda: not any(states()), "no pod is ready")
        assert {run.call("burner", "?seconds=0").status for _ in range(10)} == {200}
        admin = f"http://127.0.0.1:{run.ports['GATEWAY_ADMIN']}/metrics"
        with urllib.request.urlopen(admin, timeout=30) as answer:
            assert b'gateway_panics_total{service="burner"} 1.0' in answer.read()
    finally:
        say("True")
    until_blocking(lambda: any(states()), "a pod is ready")
