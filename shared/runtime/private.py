"""Folders and files that nobody but this user may have written, and reading them without a detour.

Used by whoever keeps secrets in a folder of a user, or is told by one where to send them: the
command line, the embedded cluster. A folder that others can write, or a symbolic link that they
put there, would let them choose what is read, overwritten, or sent where.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 256 * 1024
"""Of a file that is read here: credentials, addresses and profiles are far smaller."""
_ROOT: Final = 0


class UnsafeError(Exception):
    """Somebody else could have written what was about to be used; says what, and the remedy."""


def fault(path: Path, found: os.stat_result, uid: int, *, secret: bool = False) -> str:
    """What is wrong with the owner and the mode of `path` for the user `uid`; empty if nothing is.

    The superuser may own it too. A `secret` must not be readable by others either.
    """
    if found.st_uid not in (uid, _ROOT):
        return f"{path} is not used: it belongs to another user (uid {found.st_uid})"
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o022:
        return (
            f"{path} is not used: it can be written by others (mode {mode:03o}); "
            f"`chmod go-w {path}` ends that"
        )
    if secret and mode & 0o077:
        return (
            f"{path} is not used: it can be read by others (mode {mode:03o}); "
            f"`chmod go= {path}` ends that"
        )
    return ""


def check_folder(folder: Path) -> None:
    """Raise UnsafeError if `folder` exists and is another user's, can be written by others, or
    holds a symbolic link; OSError if it cannot be read."""
    try:
        found = os.lstat(folder)
    except FileNotFoundError:
        return
    if stat.S_ISLNK(found.st_mode):  # whoever made the link chose what is on its other side
        _refuse(fault(folder, _as_file(found), os.geteuid()))
        found = os.stat(folder)
    if not stat.S_ISDIR(found.st_mode):
        raise UnsafeError(f"{folder} is no folder; remove it, or name another")
    _refuse(fault(folder, found, os.geteuid()))
    with os.scandir(folder) as entries:
        links = sorted(entry.path for entry in entries if entry.is_symlink())
    if links:
        raise UnsafeError(f"{links[0]} is a symbolic link, which is not followed here; remove it")


def check(path: Path, *, secret: bool = False) -> None:
    """Raise UnsafeError if others can write what is at `path`, or read it if it is `secret`."""
    try:
        _refuse(fault(path, os.stat(path), os.geteuid(), secret=secret))
    except FileNotFoundError:
        return


def read(path: Path, *, follow: bool = False) -> str:
    """The UTF-8 text of `path`.

    `follow` allows a symbolic link, and what is no regular file, for a path that the user named.
    UnsafeError as told by `fault`, or for a link; OSError; ValueError if it is long or no UTF-8.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW | os.O_NONBLOCK)
    if not follow and path.is_symlink():
        raise UnsafeError(f"{path} is a symbolic link, which is not followed here; remove it")
    with os.fdopen(os.open(path, flags), "rb") as file:
        found = os.fstat(file.fileno())
        regular = stat.S_ISREG(found.st_mode)
        if not follow and not regular:
            raise UnsafeError(f"{path} is no regular file; remove it")
        if regular:
            _refuse(fault(path, found, os.geteuid()))
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"is longer than {MOST_BYTES} bytes")
    return content.decode("utf-8")


def write(path: Path, text: str) -> None:
    """Give `path` this text, readable by its owner alone; whole, or not at all. OSError."""
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(draft, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        draft.rename(path)
    except OSError as error:
        error.filename = str(path)  # which is what was to be written; a full disk names none
        raise


def nofollow(path: str, flags: int) -> int:
    """An `opener` for `open`: OSError (ELOOP) where `path` is a symbolic link."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _refuse(sentence: str) -> None:
    if sentence:
        raise UnsafeError(sentence)


def _as_file(link: os.stat_result) -> os.stat_result:
    """The same without permissions: those of a link mean nothing."""
    return os.stat_result((stat.S_IFLNK, *link[1:]))
