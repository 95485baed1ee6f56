from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from scaler.config.document import Config, ConfigError
from scaler.config.file import ConfigFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Told:
    """Hears what an operator would."""

    def __init__(self) -> None:
        self.configurations: list[tuple[tuple[str, ...], int]] = []
        self.odd: list[str] = []

    def configuration(self, problems: Sequence[str], generation: int) -> None:
        self.configurations.append((tuple(problems), generation))

    def warnings(self, warnings: Sequence[str]) -> None:
        self.odd += warnings


def period(file: ConfigFile) -> float:
    return file.config.defaults.policy.period_s


def write(path: Path, text: str) -> None:
    """As editors do: a new file takes the name."""
    draft = path.with_suffix(".new")
    draft.write_text(text)
    draft.rename(path)


def test_a_change_is_taken_over_once(tmp_path: Path) -> None:
    path, told = tmp_path / "config.yaml", Told()
    path.write_text("defaults: {period: 3}")
    file = ConfigFile(path, Config(), told)
    assert (period(file), file.generation) == (3, 1)
    file.refresh()
    assert file.generation == 1
    write(path, "defaults: {period: 4}")
    file.refresh()
    assert (period(file), file.generation) == (4, 2)
    assert told.configurations == [((), 1), ((), 2)]


def test_a_bad_file_leaves_the_last_good_one_and_is_told_once(tmp_path: Path) -> None:
    path, told = tmp_path / "config.yaml", Told()
    path.write_text("defaults: {period: 3}")
    file = ConfigFile(path, Config(), told)
    write(path, "defaults: {period: never, policy: smart}")
    file.refresh()
    file.refresh()
    assert (period(file), file.generation) == (3, 1)
    [problems] = [problems for problems, _ in told.configurations if problems]
    assert len(problems) == 2
    write(path, "defaults: {period: 5}")
    file.refresh()
    assert period(file) == 5
    assert told.configurations[-1] == ((), 2)


def test_a_file_that_vanishes_leaves_the_last_good_one(tmp_path: Path) -> None:
    path, told = tmp_path / "config.yaml", Told()
    path.write_text("defaults: {period: 3}")
    file = ConfigFile(path, Config(), told)
    path.unlink()
    for _ in range(2):
        file.refresh()
    assert period(file) == 3
    assert len(told.configurations) == 2
    assert "SCALER_CONFIG" in told.configurations[1][0][0]
    path.write_text("defaults: {period: 3}")
    file.refresh()
    assert told.configurations[-1] == ((), 2)


def test_a_mounted_configmap_changes_by_a_swap_of_links(tmp_path: Path) -> None:
    for version in ("1", "2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "config.yaml").write_text(f"defaults: {{period: {version}}}")
        os.utime(tmp_path / version / "config.yaml", (1e9, 1e9))
    (tmp_path / "..data").symlink_to("1")
    (tmp_path / "config.yaml").symlink_to("..data/config.yaml")
    file = ConfigFile(tmp_path / "config.yaml", Config(), Told())
    assert period(file) == 1
    (tmp_path / "..tmp").symlink_to("2")
    (tmp_path / "..tmp").rename(tmp_path / "..data")
    file.refresh()
    assert period(file) == 2


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe"])
def test_at_the_start_a_bad_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        ConfigFile(path, Config(), Told())


def test_without_a_path_the_base_holds(tmp_path: Path) -> None:
    file = ConfigFile(None, Config(), Told())
    file.refresh()
    assert file.config == Config()


def test_oddities_are_told(tmp_path: Path) -> None:
    path, told = tmp_path / "config.yaml", Told()
    path.write_text("deflauts: {}")
    ConfigFile(path, Config(), told)
    assert "did you mean defaults?" in told.odd[0]
