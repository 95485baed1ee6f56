"""Asking on a terminal, and never waiting for an answer where there is none."""

from __future__ import annotations

import os

import pytest

from shared.cli.commands.confirming import confirm
from shared.cli.exits import ApiError


def asked(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """Ask on a terminal that types `answer`."""
    ours, theirs = os.openpty()
    try:
        os.write(ours, answer.encode())
        with os.fdopen(theirs) as terminal:
            monkeypatch.setattr("sys.stdin", terminal)
            confirm("all would go", yes=False)
    finally:
        os.close(ours)


def test_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked(monkeypatch, "y\n")
    assert "all would go. Go on? [y/N]" in capsys.readouterr().err
    with pytest.raises(ApiError, match="nothing was done"):
        asked(monkeypatch, "n\n")


def test_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        with pytest.raises(ApiError, match="all would go; nothing was done: give --yes"):
            confirm("all would go", yes=False)
        confirm("all would go", yes=True)
