"""An embedded cluster of a test's own, as a process."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def embedded(home: Path, *options: str) -> Iterator[Path]:
    """The home of one that serves until the block ends; its files are as in `cluster_home`."""
    arguments = ["--home", str(home), "--port", "0", *options]
    command = [sys.executable, "-m", "shared.embedded", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline(), "the embedded cluster did not start"
        try:
            yield home
        finally:
            process.terminate()
            assert process.wait(60) == 0
