"""The dashboards are what their source says, are whole by Grafana's model, and answer questions."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from jsonschema import Draft7Validator

from manifests.monitoring.grafana.__main__ import FOLDER
from manifests.monitoring.grafana.frame import UIDS
from manifests.monitoring.grafana.overview import STANDING
from manifests.monitoring.grafana.promql import NOT_DUE
from manifests.monitoring.grafana.scaler import SIGNALS
from manifests.monitoring.grafana.written import written
from scaler.control.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES: Final = FOLDER.parent / "rules"
NAMES: Final = [f"{uid}.json" for uid in UIDS]
SCHEMAS: Final = Path(__file__).parent / "grafana" / "schema.json"
OF_THE_SOURCE: Final = ("titleFormat", "tagKeys", "step")
"""Of annotations, fields that Grafana's Prometheus source alone knows."""
GUIDE: Final = FOLDER.parents[2] / "docs/operate/dashboards.md"
KUBECTL: Final = Path(sys.executable).with_name("kubectl")
CONFIG_MAP: Final = 2**20
"""Bytes that a ConfigMap may have."""


@pytest.fixture(params=NAMES)
def board(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A dashboard as it is shipped."""
    found: dict[str, Any] = json.loads((FOLDER / request.param).read_text())
    return found


def test_what_is_shipped_is_what_is_written() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(NAMES)
    for name, text in written().items():
        assert (FOLDER / name).read_text() == text, "make dashboards"


def test_grafanas_model_has_all_of_it(board: dict[str, Any]) -> None:
    """Read and written again nothing is lost, but what Grafana's Prometheus source alone knows."""
    register_default_plugins()
    for mark in board["annotations"]["list"]:
        for field in OF_THE_SOURCE:
            del mark[field]
    read = Dashboard.from_json(json.loads(json.dumps(board)))
    assert json.loads(JSONEncoder().encode(read)) == board


def test_grafanas_front_end_takes_it(board: dict[str, Any]) -> None:
    """Against the types of `@grafana/schema`, without what they lag behind in: fields of the
    Prometheus source's annotations, and of variables of the kind `interval`."""
    schemas = json.loads(SCHEMAS.read_text())
    for mark in board["annotations"]["list"]:
        for field in ("expr", *OF_THE_SOURCE):
            del mark[field]
    for variable in board["templating"]["list"]:
        for field in ("auto", "auto_min", "auto_count"):
            del variable[field]
    assert list(wrong(schemas["board"], board)) == []
    for panel in panels(board):
        assert list(wrong(schemas[panel["type"]], panel["options"])) == [], panel["title"]
        field = schemas.get(f"{panel['type']}.field", {})
        custom = panel["fieldConfig"]["defaults"].get("custom", {})
        assert list(wrong(field, custom)) == [], panel["title"]


def wrong(schema: dict[str, Any], value: Any) -> Iterator[str]:
    """What a schema finds, with the place."""
    for error in Draft7Validator(schema).iter_errors(value):
        for one in error.context or [error]:
            yield f"{'/'.join(map(str, one.absolute_path))}: {one.message}"


def panels(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (panel for panel in board["panels"] if panel["type"] != "row")


def test_every_panel_says_what_it_answers_and_in_which_unit(board: dict[str, Any]) -> None:
    titles = [panel["title"] for panel in panels(board)]
    assert len(set(titles)) == len(titles)
    for panel in panels(board):
        assert len(panel["description"]) > 15, panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"], panel["title"]


def test_panels_fill_their_rows_and_cover_none(board: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        x, y = place.get("x", 0), place["y"]
        cells = {(x + i, y + j) for i in range(place["w"]) for j in range(place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
    height = 1 + max(y for _, y in taken)
    assert taken == {(x, y) for x in range(24) for y in range(height)}, "no gap"


def test_ids_differ_and_rows_begin_with_a_glance(board: dict[str, Any]) -> None:
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    assert board["panels"][0]["title"] == "At a glance"
    assert {panel["type"] for panel in board["panels"][1:9]} == {"stat"}


def test_links_lead_to_dashboards_with_variables_that_are_there(board: dict[str, Any]) -> None:
    variables = {variable["name"] for variable in board["templating"]["list"]}
    links = [link["url"] for link in board["links"]]
    for panel in panels(board):
        for override in panel["fieldConfig"].get("overrides", ()):
            for one in override["properties"]:
                links += [link["url"] for link in one["value"]] if one["id"] == "links" else []
    assert any(link.startswith("${console}/") for link in links)
    assert {board["uid"], *re.findall(r"/d/([\w-]+)\?", " ".join(links))} == set(UIDS)
    used = set(re.findall(r"\$\{(\w+)", " ".join(links))) - {"__value"}
    assert used <= variables


def test_every_variable_is_used_and_every_one_used_is_there(board: dict[str, Any]) -> None:
    variables = {variable["name"] for variable in board["templating"]["list"]}
    panels_text = json.dumps([board["panels"], board["annotations"], board["links"]])
    queries = json.dumps([one.get("query") for one in board["templating"]["list"]])
    used = set(re.findall(r"\$\{?([a-z]\w+)", panels_text + queries))
    assert used == variables


def test_every_state_and_signal_has_its_colour() -> None:
    assert set(STANDING) == {standing.value for standing in Standing}
    assert set(SIGNALS) == {"cpu", "arrivals", "slots"}


def test_failures_are_those_of_the_recording_rules() -> None:
    assert f'reason!~"{NOT_DUE}"' in (RULES / "recording.yaml").read_text()


def test_the_commands_of_the_guide_make_a_config_map_that_the_sidecar_finds() -> None:
    create, label = re.findall(r"^kubectl (.* configmap .*)$", GUIDE.read_text(), re.MULTILINE)
    made = kubectl(create, "--dry-run=client")
    found = json.loads(
        kubectl(label.replace("configmap exposed-dashboards", "-f -"), "--local", stdin=made)
    )
    assert found["data"].keys() == set(NAMES)
    assert found["metadata"]["labels"] == {"grafana_dashboard": "1"}
    assert len(made) < CONFIG_MAP / 2, "all in one"


def kubectl(command: str, *options: str, stdin: str = "") -> str:
    """What the real kubectl prints, asking no server."""
    ended = subprocess.run(
        [KUBECTL, *command.split(), *options, "-o", "json"],
        cwd=FOLDER.parents[2],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
