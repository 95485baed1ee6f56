"""What can be known of a store's files before SQLite opens them, for it drops in silence what does
not fit.

Called by the journal. Source: https://sqlite.org/fileformat2.html#the_write_ahead_log. A log whose
last transaction was not whole is usual after a kill or a power cut: SQLite goes back to the one
before. Anything else that SQLite would pass over is damage.
"""

from __future__ import annotations

import contextlib
import os
import struct
from typing import TYPE_CHECKING, Final

from shared.embedded.files import DamagedError

if TYPE_CHECKING:
    from pathlib import Path

_HEADER: Final = 32
_FRAME: Final = 24
_PAGE: Final = 4096  # of the kernel's cache; larger ones are multiples of it
_MAGIC: Final = {0x377F0682: "<", 0x377F0683: ">"}  # the byte order of checksums


def log_of(path: Path) -> Path:
    """The log beside the database at `path`."""
    return path.with_name(path.name + "-wal")


def check(path: Path) -> None:
    """Raise DamagedError when the database or its log lacks what was written."""
    if path.exists() and not path.is_file():
        raise DamagedError(path, "it is no file")
    log = log_of(path)
    if log.exists() and not log.is_file():
        raise DamagedError(log, "it is no file")
    if not log.exists() or not log.stat().st_size:
        return
    if not path.exists() or not path.stat().st_size:
        what = "it is empty" if path.exists() else "it is missing"
        raise DamagedError(path, f"{what}, but its log {log.name} is there")
    try:
        data = log.read_bytes()
    except OSError as error:
        raise DamagedError(log, error.strerror or str(error)) from error
    if fault := faults(data):
        raise DamagedError(log, fault)


def faults(data: bytes) -> str:
    """What is wrong with the log `data`; empty when nothing is. Pure."""
    if len(data) < _HEADER:
        return "it is cut off"
    magic, _, size = struct.unpack(">III", data[:12])
    order = _MAGIC.get(magic)
    if order is None or not 512 <= size <= 65536:
        return "it does not begin as a log does"
    sums = _sum(order, data[:24], (0, 0))
    if sums != struct.unpack(">II", data[24:32]):
        return "its first bytes were changed"
    length = _FRAME + size
    rest = (len(data) - _HEADER) % length
    # A process may be killed between the two writes of a frame, and in one that crosses a page.
    if rest not in (0, _FRAME) and len(data) % _PAGE:
        return "it is cut off"
    return _frames(data, order, length, sums)


def _frames(data: bytes, order: str, length: int, sums: tuple[int, int]) -> str:
    """Follow the chain of checksums: where it breaks, no later frame may be of this log."""
    salt = data[16:24]
    for start in range(_HEADER, len(data) - length + 1, length):
        frame = data[start : start + length]
        if frame[8:16] == salt:
            sums = _sum(order, frame[_FRAME:], _sum(order, frame[:8], sums))
            if sums == struct.unpack(">II", frame[16:24]):
                continue
        later = range(start + length, len(data) - length + 1, length)
        if any(data[each + 8 : each + 16] == salt for each in later):
            return "it was changed in the middle"
        return ""
    return ""


def trim(path: Path) -> None:
    """Take back the half frame that a full disk left at the end of the log, which would look as if
    the log had been cut; the database is ours, and SQLite writes by position."""
    log = log_of(path)
    with contextlib.suppress(OSError), log.open("r+b") as file:
        header = file.read(12)
        if len(header) == 12:
            length = _FRAME + struct.unpack(">I", header[8:])[0]
            end = os.fstat(file.fileno()).st_size
            os.ftruncate(file.fileno(), max(_HEADER, end - (end - _HEADER) % length))


def _sum(order: str, data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    one, two = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two
