"""What all tests of the gateway send and answer, as it stands in their files: a corpus."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@cache
def literals() -> frozenset[bytes]:
    """Every literal of bytes in the tests of the gateway."""
    return frozenset(
        node.value
        for path in HERE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes)
    )
