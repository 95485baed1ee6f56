"""The load command: it counts every answer and fails when a request fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.cli.commands.load import Tally
from tests.shared.cli.conftest import Cli, FakeApi


@pytest.fixture
def service(api: FakeApi) -> None:
    api.services["one"] = {"name": "one", "token": "t" * 64}


@pytest.mark.usefixtures("service")
def test_uploads_until_the_time_is_over(cli: Cli, api: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(b"image")
    upload = f"data={tmp_path / 'image.png'}"
    result = cli("load", "one", "x", "--upload", upload, "--seconds", "1", "--connections", "2")
    assert result.exit_code == 0, result.output
    sent = api.calls.count("POST /system/services/one/exposed/x")
    assert f"{sent} requests in 1 s" in result.output
    assert f"  200: {sent}" in result.output
    assert sent > 2


@pytest.mark.usefixtures("service")
def test_a_failed_request_fails_the_command(cli: Cli) -> None:
    result = cli("load", "one", "broken", "--seconds", "1", "--connections", "1")
    assert result.exit_code == 1
    assert "  500: " in result.output


@pytest.mark.usefixtures("service")
def test_wrong_upload(cli: Cli) -> None:
    assert "write FIELD=FILE" in cli("load", "one", "--upload", "x").output
    assert "No such file" in cli("load", "one", "--upload", "x=/absent").output


def test_tally() -> None:
    tally = Tally()
    for millis in range(1, 101):
        tally.answer(200, millis / 1000)
    tally.answer(404, 0.2)
    tally.failure(OSError("gone"))
    assert tally.failed == 2
    assert tally.percentile(0.5) == pytest.approx(0.051)
    assert Tally().percentile(0.99) == 0.0
