"""The user's guide of applications holds true: its definitions are valid, and all of it is tried.

`make test-apps` runs what stands there; here is what can be said without the applications.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.apps import guide

APPS = Path(__file__).parent / "apps"


@pytest.mark.parametrize("name", guide.names())
def test_a_service_of_the_guide_is_valid(name: str) -> None:
    service = guide.service(name)
    assert service.expose is not None
    subprocess.run(["/bin/sh", "-n"], input=service.script.encode(), check=True)


def test_every_service_of_the_guide_is_tried() -> None:
    tests = "".join(path.read_text() for path in APPS.glob("test_*.py"))
    assert [name for name in guide.names() if f'"{name}"' not in tests] == []


@pytest.mark.parametrize("name", guide.names())
def test_a_script_ends_as_its_server(name: str) -> None:
    """SIGTERM reaches the first process of a pod alone."""
    lines = guide.service(name).script.replace("\\\n", "").splitlines()
    assert lines[-1].startswith("exec ")
