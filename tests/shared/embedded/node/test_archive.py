"""How tar is told to name what kubectl cp takes out of a volume."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from shared.embedded.node.archive import named_as_mounted

MOUNTS = {"/data": "/real/v", "/data/deep": "/real/w"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ls", "/real/v"], ["ls", "/real/v"]),
        (["tar", "xmf", "-", "-C", "/real/v"], ["tar", "xmf", "-", "-C", "/real/v"]),
        (["tar", "cf", "-", "/etc"], ["tar", "cf", "-", "/etc"]),
        (
            ["tar", "cf", "-", "/real/v/x"],
            ["tar", "cf", "-", "--transform=s,^/*real/v,data,", "/real/v/x"],
        ),
    ],
)
def test_words(words: list[str], expected: list[str]) -> None:
    assert named_as_mounted(words, MOUNTS) == expected


def test_tar_takes_names_with_signs_of_its_own(tmp_path: Path) -> None:
    real = tmp_path / "a.b*[c],d&e"
    real.mkdir()
    (real / "file").write_text("x")
    words = named_as_mounted(["tar", "cf", "-", str(real)], {"/da&ta,1": str(real)})
    packed = subprocess.run(words, capture_output=True, check=True).stdout
    listed = subprocess.run(["tar", "tf", "-"], input=packed, capture_output=True, check=True)
    assert listed.stdout.decode().split() == ["da&ta,1/", "da&ta,1/file"]
