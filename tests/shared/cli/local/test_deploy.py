"""What a local run says when it is up: lines that work from any folder."""

from __future__ import annotations

from pathlib import Path

from shared.cli.connection.target import Target
from shared.cli.local.deploy import deploy, next_steps, sleepy
from shared.cli.local.layout import Layout
from shared.service.model import Expose, Service
from tests.shared.cli.conftest import FakeApi


async def test_the_lines_name_token_and_folder(api: FakeApi, tmp_path: Path) -> None:
    layout = Layout(tmp_path, gateway_admin=7, scaler=8)
    layout.credentials.write_text("oscar:secret\n")
    api.services["ocr"] = {"name": "ocr", "token": "t" * 64, "expose": {"set_auth": True}}
    said: list[str] = []
    await next_steps(layout, Target(api.url, layout.credentials), said.append)
    assert f"curl -u ocr:{'t' * 64} -F data=@" in said[0]
    assert f"{api.url}/system/services/ocr/exposed/recognize" in said[0]
    assert f"export KUBECONFIG={tmp_path}/kubeconfig" in said[0]
    assert f"export EXPOSED_HOME={tmp_path}\n" in said[0]
    assert "curl http://127.0.0.1:7/metrics" in said[0]
    assert "\n  http://127.0.0.1:7/\n" in said[0], "the console"


async def test_grpc_is_shown_by_the_names_of_its_methods(api: FakeApi, tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.credentials.write_text("oscar:secret\n")
    api.services["one"] = {"name": "one", "token": "", "expose": {"protocol": "grpc"}}
    said: list[str] = []
    await next_steps(layout, Target(api.url, layout.credentials), said.append)
    assert "\n  /system/services/one/exposed/<package>.<Service>/<Method>\n" in said[0]
    assert "curl http://" not in said[0].partition("# the pods")[0]


async def test_what_is_not_exposed_is_not_waited_for(api: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text("oscar:secret\n")
    (tmp_path / "services.yaml").write_text(
        "functions:\n  oscar:\n"
        '  - lab: {name: batch, image: python, script: "run\\n"}\n'
        '  - lab: {name: one, image: python, script: "run\\n", expose: {api_port: 80}}\n'
    )
    said: list[str] = []
    target = Target(api.url, tmp_path / "credentials")
    await deploy([tmp_path / "services.yaml"], target, said.append)
    assert said[0].startswith("service/batch skipped: it has no `expose`")
    assert said[1:] == [
        "service/one created",
        f"service/one answers at {api.url}/system/services/one/exposed/",
    ]


async def test_what_is_applied_sleeps_if_that_is_asked_for(api: FakeApi, tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.credentials.write_text("oscar:secret\n")
    (tmp_path / "one.yaml").write_text(
        "functions:\n  oscar:\n"
        '  - lab: {name: one, image: python, script: "run\\n", expose: {api_port: 80}}\n'
    )
    target = Target(api.url, layout.credentials)
    said: list[str] = []
    await deploy([tmp_path / "one.yaml"], target, said.append, 90.0)
    assert api.services["one"]["expose"]["scaling"] == {"zero_after": "90s"}
    await next_steps(layout, target, said.append)
    assert "# no pods after 90s without a request" in said[-1]


def test_who_says_himself_when_to_sleep_or_cannot_is_left_alone() -> None:
    own = Service("own", "i", "s", expose=Expose((80,), scaling={"zero_after": "none"}))
    node = Service("node", "i", "s", expose=Expose((80,), node_port=(30001,)))
    nothing = Service("nothing", "i", "s")
    for service in (own, node, nothing):
        assert sleepy(service, 20.0) == service
    plain = Service("plain", "i", "s", expose=Expose((80,), scaling={"hold": "1m"}))
    assert sleepy(plain, None) == plain
