"""The two programs in C: what makes the load, and the application behind the proxies.

Both are compiled in the bench, so that nothing binary is kept, and are cheap enough that what is
between them is what is measured.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).parent
FLAGS: Final = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror")


class BuildError(Exception):
    """The programs could not be built; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Paths of what was built."""

    load: Path
    upstream: Path


def build(folder: Path, compiler: str = "cc") -> Programs:
    """Compile both into `folder`, with the machine's own compiler."""
    if shutil.which(compiler) is None:
        raise BuildError(f"{compiler} is missing; apt-get install gcc libc6-dev")
    return Programs(_compiled(folder, "load", compiler), _compiled(folder, "upstream", compiler))


def _compiled(folder: Path, name: str, compiler: str) -> Path:
    program = folder / name
    command = [compiler, *FLAGS, "-o", str(program), str(SOURCES / f"{name}.c"), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{name}.c does not compile with {compiler}:\n{done.stderr}")
    return program
