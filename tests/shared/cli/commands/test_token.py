"""token: printed alone, and made anew."""

from __future__ import annotations

from pathlib import Path

from tests.shared.cli.conftest import Cli
from tests.shared.cli.real import RealApi

SERVICE = """
functions:
  oscar:
  - c: {name: one, image: i, script: one.sh, expose: {api_port: 80, set_auth: true}}
"""


def test_the_token_and_a_new_one(exposed: Cli, real: RealApi, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(SERVICE)
    (tmp_path / "one.sh").write_text("exec server\n")
    assert exposed("apply", str(tmp_path / "one.yaml")).exit_code == 0
    first = exposed("token", "one")
    assert first.exit_code == 0
    assert first.stdout == f"{real.secret('one-token')['token']}\n"
    second = exposed("token", "one", "--rotate")
    assert second.exit_code == 0
    assert second.stdout != first.stdout
    assert "the one before is not accepted" in second.stderr
    assert exposed("token", "one").stdout == second.stdout
    assert exposed("token", "absent").exit_code == exposed("token", "absent", "--rotate").exit_code
