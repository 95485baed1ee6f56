"""What all tests share."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The machine that runs the tests may be slow and busy: time is no property of the code under test.
settings.register_profile("ci", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")


@pytest.fixture(scope="session")
def cluster_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of an embedded cluster that runs, as a process, for all tests that ask for one.

    Below it are the kubeconfigs: `kubeconfig` of the administrator, and `gateway.kubeconfig` and
    so on of our own accounts.
    """
    home = tmp_path_factory.mktemp("cluster")
    command = [sys.executable, "-m", "shared.embedded", "--home", str(home), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline(), "the embedded cluster did not start"
        yield home
        process.terminate()
        assert process.wait(60) == 0
