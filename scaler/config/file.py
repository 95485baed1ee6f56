"""The configuration file: read again when it changes; a bad one leaves the last good one.

The loop refreshes it once a tick; what the text means is left to `scaler.config.document`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from scaler.config.document import Config, ConfigError, parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Stamp = tuple[int, int, int]


class Listener(Protocol):
    """Who is told what became of the file; `scaler.report.reporter.Reporter` is one."""

    def configuration(self, problems: Sequence[str], generation: int) -> None:
        """The file was read; with problems, the last good configuration stays."""

    def warnings(self, warnings: Sequence[str]) -> None:
        """What is odd in it."""


def read_config(path: Path, base: Config) -> Config:
    """The configuration in the file at `path`; raises ConfigError and OSError."""
    return parse(_read(path), base)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 text: {error}"]) from error


class ConfigFile:
    """`config` is what holds now; `refresh` looks for a change. Without a path, `base` holds.

    A mounted ConfigMap changes by a swap of symbolic links, so what counts is the file behind them.
    """

    def __init__(self, path: Path | None, base: Config, listener: Listener) -> None:
        """Read the file once; raises ConfigError when it is wrong and OSError when it is absent."""
        self._path = path
        self._base = base
        self._listener = listener
        self._stamp: Stamp | None = None
        self.generation = 0
        self.config = base
        self.text = ""
        """What the file says, as far as it was accepted."""
        if path is not None:
            self._stamp = _stamp(path)
            self._accept(_read(path))

    def refresh(self) -> None:
        """Read the file again if it is not the one read last."""
        if self._path is None:
            return
        try:
            stamp = _stamp(self._path)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            self._accept(_read(self._path))
        except ConfigError as error:
            self._listener.configuration(error.problems, self.generation)
        except OSError as error:
            self._refuse(f"{self._path}: {error.strerror}; mount it again, or unset SCALER_CONFIG")

    def _accept(self, text: str) -> None:
        self.config = config = parse(text, self._base)
        self.text = text
        self.generation += 1
        self._listener.configuration((), self.generation)
        self._listener.warnings(config.warnings)

    def _refuse(self, problem: str) -> None:
        if self._stamp is not None:
            self._stamp = None
            self._listener.configuration((problem,), self.generation)


def _stamp(path: Path) -> Stamp:
    found = os.stat(path)
    return found.st_mtime_ns, found.st_ino, found.st_size
