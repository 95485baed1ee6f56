"""docs/use/command-line.md says what there is: commands, options, variables, exit codes."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from shared.cli import exits, main
from shared.cli.connection import home, target

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs/use/command-line.md").read_text(encoding="utf-8")
CONNECTION = {"--endpoint", "--credentials", "--token-file", "--ca", "--profile"}


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below `heading`, without its head."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split(" | ")] for line in lines[2:]]


def options(command: click.Command) -> set[str]:
    """What begins with a dash, long forms alone."""
    return {
        word
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for word in (*parameter.opts, *parameter.secondary_opts)
        if word.startswith("--")
    }


def test_every_command_stands_there_and_no_other() -> None:
    named = {row[0].split()[2].rstrip("`") for row in rows("Commands")}
    assert named == set(main.commands)


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_option_stands_there_for_its_commands(name: str) -> None:
    told = {
        option
        for row in rows("Options")
        if name in row[1].split(", ")
        for option in re.findall(r"--[a-z-]+", row[0])
    }
    assert told == options(main.commands[name]) - CONNECTION


def test_whom_it_asks() -> None:
    table = rows("Whom it asks")
    assert {row[0].strip("|` ") for row in table} == CONNECTION
    for variable in (target.ENDPOINT, target.CREDENTIALS, target.TOKEN_FILE, target.CA):
        assert f"`{variable}`" in TEXT
    assert home.VARIABLE in TEXT


def test_exit_codes() -> None:
    table = {int(row[0].strip("| ")): row[1].rstrip(" |") for row in rows("Exit codes")}
    assert table == exits.MEANINGS


def test_the_readme_leads_there_and_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(docs/use/command-line.md)" in readme
    for name in main.commands:
        assert f"`{name}`" in readme
