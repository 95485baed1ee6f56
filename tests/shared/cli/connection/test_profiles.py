"""The file of profiles: every fault of it is named with file and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.cli.connection import profiles
from shared.cli.exits import ApiError

FILE = Path("/config/exposed/profiles.yaml")


def test_where_it_is() -> None:
    assert profiles.path({"XDG_CONFIG_HOME": "/config", "HOME": "/home/me"}) == FILE
    at_home = Path("/home/me/.config/exposed/profiles.yaml")
    assert profiles.path({"HOME": "/home/me"}) == at_home
    assert profiles.path({"HOME": "/home/me", "XDG_CONFIG_HOME": "relative"}) == at_home


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "line 1, column 2"),
        ("profiles: {a: {credentials: x}}", "profiles.a.endpoint: is missing"),
        ("profiles: {a: {endpoint: https://x}}", "profiles.a: give one of credentials"),
        ("profiles: {a: {endpoint: https://x, credentials: c, token_file: t}}", "give one of"),
        ("profiles: {a: {endpoint: https://x, credential: c}}", "did you mean credentials?"),
        ("profiles: {local: {endpoint: https://x, credentials: c}}", "names the local run"),
        ("default: b\nprofiles: {a: {endpoint: https://x, credentials: c}}", "no profile 'b'"),
        ("profile: {}", "did you mean profiles?"),
        ("profiles: 3", "profiles: 3 is not a mapping"),
    ],
)
def test_faults_are_named(text: str, words: str) -> None:
    with pytest.raises(ApiError) as caught:
        profiles.parse(text, FILE)
    assert str(FILE) in caught.value.message
    assert words in caught.value.message


def test_an_empty_file_and_none(tmp_path: Path) -> None:
    assert profiles.parse("", FILE).named == {}
    assert profiles.read({"XDG_CONFIG_HOME": str(tmp_path)}).named == {}


def test_a_file_that_others_can_write(tmp_path: Path) -> None:
    file = profiles.path({"XDG_CONFIG_HOME": str(tmp_path)})
    file.parent.mkdir()
    file.write_text("")
    file.chmod(0o666)
    with pytest.raises(ApiError, match=r"profiles\.yaml is not used: it can be written by others"):
        profiles.read({"XDG_CONFIG_HOME": str(tmp_path)})
    file.chmod(0o600)
    file.parent.chmod(0o777)
    with pytest.raises(ApiError, match=r"exposed is not used: it can be written by others"):
        profiles.read({"XDG_CONFIG_HOME": str(tmp_path)})


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "exposed").write_text("endpoint: https://x\n")
    with pytest.raises(ApiError, match=r"cannot read .*exposed/profiles\.yaml: Not a directory"):
        profiles.read({"XDG_CONFIG_HOME": str(tmp_path)})
