"""The kustomize base as kubectl builds and applies it, and what it grants in the end.

Without a pod: each would take the ports of the whole machine, and the scaler would decide for the
services of other tests.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from tests.shared.embedded.kubectl.conftest import Kubectl

BASE = Path(__file__).parents[4] / "manifests" / "base"
PROGRAMS = ("gateway", "management", "scaler")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An overlay that asks for no pods."""
    made = tmp_path_factory.mktemp("overlay")
    overlay = {
        "resources": [os.path.relpath(BASE, made)],
        "replicas": [{"name": name, "count": 0} for name in PROGRAMS],
    }
    (made / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    return str(made)


@pytest.fixture(scope="module")
def applied(admin: Kubectl, folder: str) -> str:
    return admin("apply", "-k", folder)


def test_the_base_is_applied_whole_and_applies_again_unchanged(
    admin: Kubectl, applied: str, folder: str
) -> None:
    built = list(yaml.safe_load_all(admin("kustomize", folder)))
    assert len(applied.splitlines()) == len(built)
    again = admin("apply", "-k", folder).splitlines()
    # Of a budget kubectl always sends the selector, in any cluster: its patch strategy is replace.
    assert [line for line in again if not line.endswith(" unchanged")] == [
        f"poddisruptionbudget.policy/{name} configured" for name in PROGRAMS
    ]


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize(
    ("account", "verb", "resource", "namespace", "allowed"),
    [
        ("gateway", "watch", "endpointslices.discovery.k8s.io", "oscar-svc", "yes"),
        ("gateway", "get", "secrets", "oscar-svc", "no"),
        ("management", "get", "secrets", "oscar", "no"),
        ("scaler", "patch", "deployments.apps/scale", "oscar-svc", "yes"),
        ("scaler", "patch", "deployments.apps", "oscar-svc", "no"),
    ],
)
def test_accounts_may_do_what_they_must_and_no_more(
    admin: Kubectl, account: str, verb: str, resource: str, namespace: str, allowed: str
) -> None:
    token = admin("-n", "oscar", "create", "token", account).strip()
    kind, _, subresource = resource.partition("/")
    flags = [f"--subresource={subresource}"] if subresource else []
    asked = admin.run("auth", "can-i", verb, kind, "-n", namespace, *flags, f"--token={token}")
    assert asked.stdout.strip() == allowed, asked.stderr
