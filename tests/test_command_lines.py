"""What is mistyped on a command line starts nothing, in any of the programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAMS = (
    *("gateway", "gateway.management", "scaler", "scaler run"),
    *("shared.embedded", "shared.cli", "shared.cli local"),
)


@pytest.mark.parametrize("mistake", ["--halp", "surplus"])
@pytest.mark.parametrize(
    "program",
    [
        "gateway",
        "gateway.management",
        "scaler",
        "scaler run",
        "shared.embedded",
        "shared.cli local",
    ],
)
def test_a_mistyped_argument_is_refused_with_a_hint(
    program: str, mistake: str, tmp_path: Path
) -> None:
    environ = {"KUBECONFIG": str(tmp_path / "none"), "EXPOSED_HOME": str(tmp_path / "home")}
    ended = subprocess.run(
        [sys.executable, "-m", *program.split(), mistake],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert ended.returncode == 2, ended.stderr
    assert mistake in ended.stderr
    assert "--help' for help." in ended.stderr
    assert not list(tmp_path.iterdir())
