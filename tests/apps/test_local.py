"""Definitions of the guide as a newcomer applies them: services API, cluster, probes, gateway."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.apps import guide
from tests.apps.conftest import unpack
from tests.apps.pods import PYTHON
from tests.e2e.conftest import start, stop, until_ready

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("fastapi", "fastapi-kept", "flask", "flask-kept")


@pytest.mark.timeout(120)
def test_services_of_the_guide_run_locally(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{PYTHON.parent}:{os.environ['PATH']}")
    for name in NAMES:
        unpack(name, folder)
    arguments = []
    for name in NAMES:
        text = guide.document(name, environment={"Variables": {"PYTHONPATH": str(folder)}})
        (folder / f"{name}.yaml").write_text(text)
        arguments += ["--service", str(folder / f"{name}.yaml")]
    run = start(tmp_path / "home", tmp_path / "output", *arguments)
    try:
        until_ready(run)
        for name in NAMES:
            url = f"{run.url}/system/services/{name}/exposed/"
            path, field = ("hello", "url") if "fastapi" in name else ("where", "external")
            answer = run.request(url.removeprefix(run.url) + path)
            assert answer.json()[field].startswith(url)
    finally:
        stop(run)
