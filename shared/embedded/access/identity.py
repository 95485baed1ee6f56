"""The id of a cluster, made once for its home and kept there.

Called by `cluster`, which marks the processes of pods with it, and by `recovery`.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final

from shared.embedded import files

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "cluster.id"
_FORM: Final = re.compile(r"[0-9a-f]{32}")


def obtain(home: Path) -> str:
    """The id; raises DamagedError, for without it an earlier run's processes are not found."""
    path = home / FILE
    if not path.exists():
        files.replace(path, secrets.token_hex(16).encode())
    try:
        text = path.read_text().strip()
    except (UnicodeDecodeError, IsADirectoryError):
        text = ""
    if not _FORM.fullmatch(text):
        raise files.DamagedError(path, "it holds no id")
    return text
