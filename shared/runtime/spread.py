"""Where in a period what has a name comes due, so that not all does at once."""

from __future__ import annotations

from zlib import crc32


def share(name: str) -> float:
    """The share of a period, 0 to 1, that is `name`'s: the same in every process."""
    return crc32(name.encode()) / 2**32
