"""docs/operate/rights.md tells the rights that the base grants, all and no others."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

from tests.manifests.built import KUBECTL, ROOT, build
from tests.manifests.rights import ACCOUNTS, grants

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (ROOT / "docs/operate/rights.md").read_text()
ROW = re.compile(r"\| (gateway|scaler|management) \| (\S+|the cluster) \| (\S+) \| ([^|]+) \|")

Right = tuple[str, str, str, str]
"""Account, place, resource, and the verb with the name that it is limited to."""


def documented() -> set[Right]:
    part = TEXT.partition("## What the base grants")[2].partition("## ")[0]
    return {
        (account, place, resource, verb.strip())
        for account, place, resource, verbs in ROW.findall(part)
        for verb in verbs.split(",")
    }


def granted() -> set[Right]:
    return {
        (
            account,
            one.namespace or "the cluster",
            f"{one.resource}.{one.group}" if one.group == "metrics.k8s.io" else one.resource,
            f"{one.verb} {one.name}".strip(),
        )
        for account in ACCOUNTS
        for one in grants(build("base"), account)
    }


def test_the_table_is_what_the_base_grants() -> None:
    assert documented() == granted()


def test_the_overlays_that_grant_something_are_named() -> None:
    base = {one for account in ACCOUNTS for one in grants(build("base"), account)}
    part = TEXT.partition("## What overlays add")[2].partition("## ")[0]
    for path in sorted((ROOT / "manifests/overlays").glob("*/kustomization.yaml")):
        overlay = path.parent.name
        objects = build(f"overlays/{overlay}")
        more = {one for account in ACCOUNTS for one in grants(objects, account)} - base
        assert bool(more) is (f"| `{overlay}` |" in part), (overlay, more)


def test_the_commands_tell_the_rights(cluster_home: Path) -> None:
    environ = {**os.environ, "KUBECONFIG": str(cluster_home / "kubeconfig")}
    lines = re.findall(r"^kubectl (auth can-i .+)$", TEXT, re.MULTILINE)
    for line, resource in zip(
        lines, ("endpointslices", "deployments.apps/scale", "pods/log"), strict=True
    ):
        command = [str(KUBECTL), *shlex.split(line)]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
        assert resource in done.stdout
