"""The log of a process of a local run: what it writes as it comes, rotated between lines.

Used by `children`. A line is never cut: a new file begins only behind its end, and what a full disk
took only in part is taken back. What cannot be written is counted and told when there is room.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from shared.runtime import private

LOG_BYTES: Final = 10 * 1024 * 1024
"""Of a file, as soon as a line ends there; as much again is kept of the one before."""


class LogFile:
    """Appends to `path`. `report` is told once that it cannot, and once that it can again."""

    def __init__(self, path: Path, report: Callable[[str], None], limit: int = LOG_BYTES) -> None:
        self._path = path
        self._report = report
        self._limit = limit
        self._file: int | None = None
        self._size = 0
        self._whole = True  # what was written ends with a line
        self._lost = 0

    def write(self, data: bytes) -> None:
        """Append `data`, or count it as lost; never raises OSError."""
        try:
            if self._lost:
                self._append(f"({self._lost} bytes of this log could not be written)\n".encode())
                self._report(f"{self._path} is written again; {self._lost} bytes of it were lost")
                self._lost = 0
            self._append(data)
        except OSError as error:
            if not self._lost:
                why = error.strerror or str(error)
                self._report(f"{self._path} cannot be written ({why}); all goes on without it")
            self._lost += len(data)

    def close(self) -> None:
        """End the last line, and let go of the file."""
        if not self._whole:
            self.write(b"\n")
        self._shut()

    def _append(self, data: bytes) -> None:
        """All of it or nothing; a file that becomes too large ends with the last line in `data`."""
        end = data.rfind(b"\n") + 1
        if end and self._size + end > self._limit and self._size:
            begin = 0 if self._whole else data.find(b"\n") + 1
            self._put(data[:begin])
            self._rotate()
            data = data[begin:]
        self._put(data)

    def _put(self, data: bytes) -> None:
        if not data:
            return
        file = self._open() if self._file is None else self._file
        written = os.write(file, data)
        if written < len(data):
            os.ftruncate(file, self._size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._size += written
        self._whole = data.endswith(b"\n")

    def _rotate(self) -> None:
        self._shut()
        self._path.replace(self._path.with_name(self._path.name + ".1"))

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = private.nofollow(str(self._path), flags)
        self._size = os.fstat(self._file).st_size
        return self._file

    def _shut(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._size = 0
            self._whole = True
