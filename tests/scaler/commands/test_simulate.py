"""The command `simulate`, as a user calls it."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner, Result

from scaler.commands.simulate import simulate

LOAD = "time,cores\n0,0.2\n60,0.2\n61,2\n240,2\n"
FDL = """
functions:
  oscar:
  - cluster:
      name: nginx
      image: nginx
      script: nginx.sh
      cpu: '0.5'
      expose:
        api_port: 80
        min_scale: 2
        max_scale: 8
        cpu_threshold: 50
        scaling: {period: 5s}
"""


def _file(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def _run(*options: str) -> Result:
    return CliRunner().invoke(simulate, [*options, "--seeds", "1", "--processes", "1"])


def test_a_load_of_ones_own_gives_a_report(tmp_path: Path) -> None:
    load = _file(tmp_path / "load.csv", LOAD)
    out = tmp_path / "out"
    options = ["--load", load, "--policies", "hpa-v1,responsive", "--seeds", "2"]
    result = CliRunner().invoke(
        simulate, [*options, "--limit", "500", "--processes", "1", "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    assert "| responsive | hpa-v1 |" in result.stdout
    assert "responsive against hpa-v1: SLO violated −" in result.stdout
    assert {path.name for path in out.iterdir()} == {
        "load.png",
        "plane.png",
        "report.html",
        "scores.csv",
    }
    assert (out / "load.png").read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader((out / "scores.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["policy"], row["seed"]) for row in rows] == [
        ("hpa-v1", "1"),
        ("hpa-v1", "2"),
        ("responsive", "1"),
        ("responsive", "2"),
    ]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "plane.png" in page
    assert "policy hpa every 15 s on samples of metrics-server" in page
    assert "responsive against hpa-v1: SLO violated −" in page


def test_a_service_of_ones_own_is_tuned_before_it_is_applied(tmp_path: Path) -> None:
    service = _file(tmp_path / "nginx.yaml", FDL)
    calm = _file(tmp_path / "calm.yaml", "period: 10s\ndown: {window: 20m}\nwidow: 3\n")
    load = _file(tmp_path / "load.csv", "0,40\n240,40\n")
    result = _run(
        *("--load", load, "--unit", "requests", "--work", "50"),
        *("--service", service, "--scaling", calm, "--policies", "hpa-v1"),
    )
    assert result.exit_code == 0, result.output
    assert "| scenario | hpa-v1 | nginx | calm |" in result.stdout
    # 40 requests of 50 milliCPU-seconds are 2 CPU: 8 replicas of 0.5 CPU at a target of 50 %.
    assert "| load | 1,920 | 1,920 | 1,920 |" in result.stdout
    assert "2 to 8 replicas of 0.5 CPU, target 50 %" in result.stderr
    assert "calm.yaml: widow: unknown field is ignored" in result.stderr


def test_the_scalers_own_configuration_is_tried(tmp_path: Path) -> None:
    settings = _file(
        tmp_path / "cluster.yaml",
        "source: kubelet\ndefaults: {policy: hpa}\n"
        "services: {nginx: {period: 15s, policy: responsive, pause: true}}\n",
    )
    options = ["--load", _file(tmp_path / "load.csv", LOAD), "--policies", "hpa-v1"]
    out = tmp_path / "out"
    named = _run(*options, "--scaling", settings, "--name", "nginx", "--out", str(out))
    assert named.exit_code == 0, named.output
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "cluster: policy responsive every 15 s on samples of kubelet" in page
    assert "pause is not simulated" in named.stderr
    other = _run(*options, "--scaling", settings, "--out", str(out))
    assert "settings of nginx are left out; choose one by --name" in other.stderr
    assert "policy hpa every 15 s" in (out / "report.html").read_text(encoding="utf-8")


def test_the_manifest_of_the_configuration_is_read_too(tmp_path: Path) -> None:
    load = _file(tmp_path / "load.csv", LOAD)
    manifest = Path(__file__).parents[3] / "manifests/base/scaler/config.yaml"
    result = _run("--load", load, "--policies", "hpa-v1", "--scaling", str(manifest))
    assert result.exit_code == 0, result.output
    assert "| scenario | hpa-v1 | config |" in result.stdout


def test_options_win_over_the_service_and_what_cannot_be_is_noted(tmp_path: Path) -> None:
    service = _file(tmp_path / "nginx.yaml", FDL)
    load = _file(tmp_path / "load.csv", "0,2000\n60,2000\n")
    options = ["--load", load, "--service", service, "--policies", "hpa-v1"]
    wrong = _run(*options, "--max", "4")
    assert "its peak needs 8,000 replicas, but 4 is the most allowed" in wrong.stderr
    right = _run(*options, "--unit", "millicores")
    assert "its peak" not in right.stderr
    twice = _run(*options, "--unit", "millicores", "--scale", "20")
    assert "its peak needs 160 replicas" in twice.stderr
    refused = _run(*options, "--min", "9")
    assert refused.exit_code == 2
    assert "--min 9 is above --max 8" in refused.output


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("--scaling", "period: never\n", "period: 'never' is not a duration"),
        ("--scaling", "defaults: {policy: best}\n", "defaults.policy: 'best' is not one of"),
        ("--scaling", "a: [\n", "not valid YAML"),
        ("--scaling", "functions: {}\n", "give it by --service"),
        ("--service", "functions: {oscar: []}\n", "functions.oscar: is missing"),
        ("--service", "name: x\nimage: y\n", "must hold the one exposed service"),
        ("--load", "soon,1\nnever,2\nwhen,3\n", "line 3: time is 'when'"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(
    tmp_path: Path, option: str, text: str, message: str
) -> None:
    path = _file(tmp_path / "mine.yaml", text)
    result = _run(option, path)
    assert result.exit_code == 2
    assert f"Invalid value for {option}: {path}" in result.output
    assert message in result.output


def test_requests_are_read_with_their_tokens(tmp_path: Path) -> None:
    path = _file(tmp_path / "llm.csv", "time,prompt,generated\n0,900,5\n30,10,5\n60,10,95\n")
    options = ["--load", path, "--unit", "tokens", "--work", "4000", "--policies", "kpa"]
    result = _run(*options, "--token-cost", "10", "0", "1")
    assert result.exit_code == 0, result.output
    assert "| llm |" in result.stdout
    wrong = _run("--load", _file(tmp_path / "wrong.csv", "0,900\n"), "--unit", "tokens")
    assert wrong.exit_code == 2
    assert "line 1: has 2 of three columns; give time, prompt tokens" in wrong.output


def test_a_policys_name_is_not_taken(tmp_path: Path) -> None:
    result = _run("--scaling", _file(tmp_path / "kpa.yaml", "period: 5s\n"))
    assert result.exit_code == 2
    assert "'kpa' is the name of another policy; rename the file" in result.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--shape", "wave"], "'wave' is unknown; known are step-up, "),
        (["--policies", "magic"], "'magic' is unknown; known are hpa-v1, "),
        (["--shape", "ramp", "--load", __file__], "exclude each other"),
        (["--min", "5", "--max", "2"], "--min 5 is above --max 2"),
        (["--request", "500", "--limit", "250"], "--request 500 is above --limit 250"),
        (["--start", "9", "3"], "the least is above the most"),
        (["--shape", "ramp", "--out", f"{__file__}/report"], "Not a directory"),
    ],
)
def test_bad_options_are_refused_with_the_remedy(options: list[str], message: str) -> None:
    result = _run(*options)
    assert result.exit_code == 2
    assert message in result.output


def test_names_may_be_given_in_one_option_or_in_several() -> None:
    together = _run("--shape", "edge,spike", "--policies", "hpa-v1,static-max", "--seeds", "1")
    apart = ["--shape", "edge", "--shape", "spike", "--policies", "hpa-v1"]
    assert _run(*apart, "--policies", "static-max", "--seeds", "1").stdout == together.stdout
    assert "| edge |" in together.stdout
    assert "| spike |" in together.stdout


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 1), (signal.SIGKILL, -9)])
def test_a_comparison_that_is_stopped_leaves_no_process_behind(number: int, status: int) -> None:
    options = ["--shape", "ramp,spike", "--seeds", "100", "--processes", "2"]
    command = [sys.executable, "-m", "scaler", "simulate", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while len(psutil.Process(process.pid).children()) < 2:
            assert process.poll() is None
        process.send_signal(number)
        process.communicate()  # ends when the last process that could write has ended
    assert process.returncode == status
