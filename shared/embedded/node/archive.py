"""kubectl cp out of a volume: names in the archive as the container knows them. Pure.

Used by `sandbox`. `kubectl cp` runs `tar cf - <path>` in the container and refuses members that are
not below that path; here the path of a mount stands for a folder elsewhere (`environment`), so tar
(GNU) is told to call it by the mount.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ARCHIVING: Final = ("tar", "cf", "-")


def named_as_mounted(words: Sequence[str], mounts: Mapping[str, str]) -> list[str]:
    """`words`, whose paths are real ones, with renames for every mount that they archive.

    >>> named_as_mounted(["tar", "cf", "-", "/real/v/x"], {"/data": "/real/v"})
    ['tar', 'cf', '-', '--transform=s,^/*real/v,data,', '/real/v/x']
    """
    if tuple(words[:3]) != _ARCHIVING:
        return list(words)
    renames = [
        f"--transform=s,^/*{_literal(real.strip('/'))},{_replacement(path.strip('/'))},"
        for path, real in sorted(mounts.items(), key=lambda each: len(each[1]), reverse=True)
        if any(word.startswith(real) for word in words[3:])
    ]
    return [*words[:3], *renames, *words[3:]]


def _literal(text: str) -> str:
    """For sed's basic expressions, between commas."""
    return "".join(f"\\{each}" if each in r"\.*[]^$," else each for each in text)


def _replacement(text: str) -> str:
    return "".join(f"\\{each}" if each in r"\&," else each for each in text)
