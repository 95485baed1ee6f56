"""What `kubectl kustomize` makes of the folders below `manifests/`, each built once a session."""

from __future__ import annotations

import subprocess
import sysconfig
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from shared.service.objects import Obj

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "manifests"
KUBECTL = Path(sysconfig.get_path("scripts")) / "kubectl"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _folders(kind: str) -> list[str]:
    """The folders that hold a kustomization of `kind`."""
    return sorted(
        str(path.parent.relative_to(MANIFESTS))
        for path in MANIFESTS.rglob("kustomization.yaml")
        if yaml.safe_load(path.read_text())["kind"] == kind
    )


CREDENTIALS = "credentials"
"""Reads files that only operators have."""
COMPONENTS = _folders("Component")
OVERLAYS = [folder for folder in _folders("Kustomization") if folder != CREDENTIALS]
"""All that is applied as it stands: the base, the overlays, adoption."""


def built(folder: Path) -> list[Obj]:
    """The objects of a folder anywhere; a test fails with what kubectl says."""
    done = subprocess.run(
        [str(KUBECTL), "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.load_all(done.stdout, LOADER) if each]


@cache
def build(folder: str) -> list[Obj]:
    """The objects of manifests/<folder>. They are shared: leave them as they are."""
    return built(MANIFESTS / folder)


def pick(objects: list[Obj], kind: str, name: str) -> Obj:
    (found,) = [o for o in objects if (o["kind"], o["metadata"]["name"]) == (kind, name)]
    return found


def container(objects: list[Obj], name: str) -> Obj:
    """The container of Deployment `name`."""
    found: Obj
    (found,) = pick(objects, "Deployment", name)["spec"]["template"]["spec"]["containers"]
    return found


def environment(objects: list[Obj], name: str) -> dict[str, str]:
    """The variables of a Deployment's container; those taken from a field have a stand-in."""
    return {each["name"]: each.get("value", "x") for each in container(objects, name)["env"]}
