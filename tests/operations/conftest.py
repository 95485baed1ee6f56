"""What operators do, by the real tools; left out unless `make test-operations`, or a path, asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.operations.stack import observed as observed

if TYPE_CHECKING:
    import pytest

HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave this folder out where no argument names it or a file in it."""
    named = (Path(argument.partition("::")[0]).absolute() for argument in config.args)
    asked = any(path.is_relative_to(HERE) for path in named)
    return None if asked or not collection_path.name.startswith("test_") else True
