"""The files that prove who asks, and what is said of one that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.cli.connection.secrets import authorization
from shared.cli.connection.target import Target
from shared.cli.exits import ApiError


def test_a_token_and_credentials(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("eyJ.x.y\n")
    assert authorization(Target("https://x", token_file=file)) == "Bearer eyJ.x.y"
    file.write_text("user:pässword\n")
    assert authorization(Target("https://x", file)).startswith("Basic ")


@pytest.mark.parametrize("content", [b"", b"two words", b"\xff", b"line\nline", b"x" * 20_000])
def test_no_token(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(ApiError, match="does not hold") as caught:
        authorization(Target("https://x", token_file=file))
    assert "two words" not in caught.value.message


def test_a_file_that_others_can_write_proves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("user:password")
    file.chmod(0o646)
    with pytest.raises(ApiError, match="can be written by others"):
        authorization(Target("https://x", file))
