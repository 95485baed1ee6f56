"""docs/use/volumes.md: its definitions are taken, and do what the text says; its settings exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from gateway.management.settings import VARIABLES
from shared.embedded import kinds
from shared.service import fdl, security
from tests.gateway.management.cluster import NS, Cluster

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs/use/volumes.md").read_text()
EXAMPLES = {
    parsed.service.name: parsed.service
    for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    for parsed in fdl.parse_document(block, lambda _: "exec serve")
}


def test_the_readme_leads_there() -> None:
    assert "(docs/use/volumes.md)" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("part", ["VOLUME", "POD"])
def test_settings_and_their_defaults_are_those_of_the_program(part: str) -> None:
    told = dict(re.findall(rf"\| `(MANAGEMENT_{part}_\w+)` \| `?(.*?)`? \|", TEXT))
    known = {name: default for name, (default, _) in VARIABLES.items() if f"_{part}_" in name}
    assert told == {name: default or "the cluster's" for name, default in known.items()}


def test_words_of_the_annotation_are_read() -> None:
    table = TEXT.partition("| word | for |")[2].partition("\n\n")[0]
    words = re.findall(r"`([\w=-]+)`(?=[,` ].*\|)", table)
    assert {"run-as-root", "user=1000", "writable-root", "default-capabilities"} <= set(words)
    assert "SETGID" in words
    for word in words:
        assert security.parse(word) != security.Security()


async def test_the_definitions_are_taken(admin: TestClient[Any, Any], cluster: Cluster) -> None:
    for service in EXAMPLES.values():
        response = await admin.post("/system/services", json=fdl.to_json(service))
        assert response.status == 201, await response.text()
    assert cluster.names(kinds.PERSISTENT_VOLUME_CLAIM) == ["notes"]
    claim = cluster.api.get(kinds.PERSISTENT_VOLUME_CLAIM, "notes", NS)
    assert claim["spec"]["resources"]["requests"]["storage"] == "5Gi"
    pod = cluster.deployment("reader")["spec"]["template"]["spec"]
    assert {"claimName": "notes"} in [one.get("persistentVolumeClaim") for one in pod["volumes"]]
    capabilities = cluster.container("pages")["securityContext"]["capabilities"]
    assert capabilities == {
        "drop": ["ALL"],
        "add": ["NET_BIND_SERVICE", "CHOWN", "SETUID", "SETGID"],
    }
