"""What a start imports: each module costs every start of every pod a fraction of a millisecond."""

from __future__ import annotations

import subprocess
import sys

import pytest

UNUSED = {
    "jsonschema",
    "kubernetes_asyncio.client",
    "kubernetes_asyncio.dynamic",
    "kubernetes_asyncio.utils",
    "kubernetes_validate",
    "opentelemetry",
    "requests",
    "urllib3",
}
"""The client that is generated of Kubernetes' API alone is 900 modules."""


@pytest.mark.parametrize(
    ("module", "most"),
    [
        ("gateway.__main__", 700),
        ("gateway.management.__main__", 780),
        ("scaler.commands.run", 660),
        ("shared.cli", 540),
    ],
)
def test_a_start_imports_only_what_it_uses(module: str, most: int) -> None:
    script = f"import sys, {module}; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    imported = set(told.stdout.split())
    assert not imported & UNUSED
    assert len(imported) <= most, "what made it so many? python -X importtime tells"


def test_kubernetes_asyncio_is_whole_for_others_in_the_process() -> None:
    script = (
        "from shared.kube import library\n"
        "import kubernetes_asyncio as whole\n"
        "assert whole.config.load_kube_config is library.load_kube_config\n"
        "print(whole.client.CoreV1Api.__name__, whole.client.Configuration.__name__)"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert told.stdout == "CoreV1Api Configuration\n"
