"""describe and events against the real services API."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from shared.embedded import kinds
from shared.embedded.controllers.manager import Controllers
from shared.embedded.node.hollow import HollowNode
from shared.runtime.clock import SystemClock
from tests.gateway.management.cluster import NS
from tests.shared.cli.here import Real, serving

SERVICE = {
    "name": "one",
    "image": "python",
    "script": "exec server",
    "environment": {"secrets": {"KEY": "c4nary"}},
    "expose": {"api_port": 80, "set_auth": True},
}


@pytest.fixture
async def exposed(tmp_path: Path) -> AsyncIterator[Real]:
    """The command line with a service `one` that runs."""
    async with serving(tmp_path) as real:
        clock = SystemClock()
        HollowNode(real.cluster.api, clock)
        await real.make(SERVICE)
        Controllers(real.cluster.api, clock).settle()
        yield real


async def test_a_description_and_its_forms(exposed: Real) -> None:
    text = await exposed.said("describe", "one")
    assert f"URL:         {exposed.url}/system/services/one/exposed/" in text
    assert "State:       ready" in text
    assert "1 of 1 pods are of it" in text
    pod = exposed.cluster.names(kinds.POD)[0]
    assert pod in text
    assert "SuccessfulCreate" in text
    as_json = json.loads(await exposed.said("describe", "one", "-o", "json"))
    as_yaml = yaml.safe_load(await exposed.said("describe", "one", "-o", "yaml"))
    assert as_json["pods"][0]["name"] == as_yaml["pods"][0]["name"] == pod
    assert await exposed.said("describe", "one", "-o", "name") == "service/one\n"


async def test_no_secret_is_shown(exposed: Real) -> None:
    token = (await exposed.said("get", "one", "--token")).strip()
    for form in ("table", "json", "yaml"):
        text = await exposed.said("describe", "one", "-o", form)
        assert token not in text
        assert "c4nary" not in text


async def test_events(exposed: Real) -> None:
    text = await exposed.said("events", "one")
    assert text.splitlines()[0].split() == ["LAST", "TYPE", "REASON", "OBJECT", "COUNT", "NOTE"]
    assert "Deployment/one-dlp" in text
    assert json.loads(await exposed.said("events", "one", "-o", "json"))["events"]
    for event in exposed.cluster.api.list(kinds.EVENT, NS):
        exposed.cluster.api.delete(kinds.EVENT, event["metadata"]["name"], NS)
    nothing = await exposed("events", "one")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "no Events are known" in nothing.stderr


@pytest.mark.parametrize("command", ["describe", "events", "logs", "open"])
async def test_of_a_missing_service(exposed: Real, command: str) -> None:
    result = await exposed(command, "absent")
    assert result.exit_code == 1
    assert "there is no service 'absent'; `exposed list` shows what there is" in result.output
