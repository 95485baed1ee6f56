"""Files that are replaced in one step, so that a reader sees the old or the new one, whole.

Used for certificates, kubeconfigs and the files of volumes; knows nothing of what they hold.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class DamagedError(Exception):
    """A file of the cluster's state is not what was written; nothing was changed."""

    def __init__(self, path: Path | None, what: str) -> None:
        super().__init__(
            f"{path} is damaged: {what}; nothing was changed: start with --recover to keep the "
            "file aside and go on with what can be read of it, or move the file away to start "
            "afresh"
        )
        self.path = path


def replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Give `path` this content and mode, whatever was there; its directory exists.

    Raises OSError, which names a file, with nothing changed.
    """
    partial = path.with_name(f".{path.name}.new")
    try:
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(descriptor, mode)
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        error.filename = str(path)  # which is what was to be written; a full disk names none
        raise
