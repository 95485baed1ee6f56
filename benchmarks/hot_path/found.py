"""Classes of the gateway by their names, wherever they stand, so that a checkout whose modules are
arranged otherwise can be measured beside this one."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module, util
from pathlib import Path
from typing import Any


@cache
def found(name: str) -> Any:
    """The class of the gateway that is called `name`."""
    folder = package("gateway")
    for path in sorted(folder.rglob("*.py")):
        if re.search(rf"^class {name}\b", path.read_text(encoding="utf-8"), re.MULTILINE):
            module = ".".join(path.relative_to(folder.parent).with_suffix("").parts)
            return getattr(import_module(module), name)
    raise LookupError(f"no file of the gateway has a class {name}")


def package(name: str) -> Path:
    """The folder that `name` is imported from."""
    spec = util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent
