from __future__ import annotations

from pathlib import Path

import pytest

from gateway.management.access.credentials import Credentials
from gateway.management.settings import VARIABLES, read
from shared.runtime.settings import SettingsError

GIVEN = {"MANAGEMENT_USERNAME": "oscar", "MANAGEMENT_PASSWORD": "secret"}


def test_defaults() -> None:
    settings = read(GIVEN)
    assert (settings.host, settings.port) == ("0.0.0.0", 8082)
    assert settings.credentials == Credentials("oscar", "secret")
    assert VARIABLES["MANAGEMENT_PORT"][0] == str(settings.port)


def test_credentials_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text("admin:pw\n")
    assert read({"MANAGEMENT_CREDENTIALS_FILE": str(path)}).credentials == Credentials(
        "admin", "pw"
    )


@pytest.mark.parametrize("content", [None, "no colon"])
def test_an_unusable_file_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "credentials"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=f"MANAGEMENT_CREDENTIALS_FILE: .*{path}"):
        read({"MANAGEMENT_CREDENTIALS_FILE": str(path)})


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read({"MANAGEMENT_PORT": "x", "LOG_LEVEL": "LOUD", "MANAGEMENT_USERNAME": "a:b"})
    names = [problem.partition(":")[0] for problem in caught.value.problems]
    assert sorted(names) == [
        "LOG_LEVEL",
        "MANAGEMENT_PASSWORD",
        "MANAGEMENT_PORT",
        "MANAGEMENT_USERNAME",
    ]
