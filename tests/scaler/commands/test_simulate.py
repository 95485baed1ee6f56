"""The command `simulate`, as a user calls it."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from scaler.commands.simulate import simulate


def test_a_load_of_ones_own_gives_a_report(tmp_path: Path) -> None:
    load = tmp_path / "load.csv"
    load.write_text("time,cores\n0,0.2\n60,0.2\n61,2\n240,2\n", encoding="utf-8")
    out = tmp_path / "out"
    options = ["--load", str(load), "--policies", "hpa-v1,responsive", "--seeds", "2"]
    result = CliRunner().invoke(
        simulate, [*options, "--limit", "500", "--processes", "1", "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    assert "| responsive | hpa-v1 |" in result.stdout
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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--shape", "wave"], "'wave' is unknown; known are step-up, "),
        (["--policies", "magic"], "'magic' is unknown; known are hpa-v1, "),
        (["--shape", "ramp", "--load", __file__], "exclude each other"),
        (["--min", "5", "--max", "2"], "--min 5 is above --max 2"),
        (["--load", __file__], "give time and cores"),
    ],
)
def test_bad_options_are_refused_with_the_remedy(options: list[str], message: str) -> None:
    result = CliRunner().invoke(simulate, options)
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 1), (signal.SIGKILL, -9)])
def test_a_comparison_that_is_stopped_leaves_no_process_behind(number: int, status: int) -> None:
    options = ["--shape", "ramp", "--seeds", "100", "--processes", "2"]
    command = [sys.executable, "-m", "scaler", "simulate", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while len(psutil.Process(process.pid).children()) < 2:
            assert process.poll() is None
        process.send_signal(number)
        process.communicate()  # ends when the last process that could write has ended
    assert process.returncode == status
