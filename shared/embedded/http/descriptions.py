"""What Kubernetes says of each field, for `kubectl explain`: read from the client's models.

The client library is installed anyway and holds the descriptions of the same API. Its files are
read as text, for to import them takes a second; asked by `documents`, a definition at a time.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_CLIENT: Final = "kubernetes_asyncio"
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_GETTER: Final = re.compile(r'"""Gets the (\w+) of this [^\n]*\n\n((?:(?!:return:).)*)', re.DOTALL)
_NAMES: Final = re.compile(r"^    attribute_map = (\{.*?\})$", re.MULTILINE | re.DOTALL)
_MARK: Final = "# noqa: E501"


@cache
def of(definition: str) -> Mapping[str, str]:
    """The descriptions of a definition's fields by JSON name; empty when there are none."""
    text = _source(definition)
    names = _NAMES.search(text)
    if names is None:
        return {}
    json_names: dict[str, str] = ast.literal_eval(names[1])
    found = {
        json_names[attribute]: said.replace(_MARK, "").strip()
        for attribute, said in _GETTER.findall(text)
        if attribute in json_names
    }
    return {name: said for name, said in found.items() if said}


def _source(definition: str) -> str:
    """The file of the model; its name has the group in it where two groups have one of the name."""
    folder = _folder()
    *_, group, version, kind = definition.split(".")
    snake = _WORDS.sub("_", version.capitalize() + kind).lower()
    for path in (folder / f"{snake}.py", folder / f"{group}_{snake}.py"):
        if path.is_file():
            return path.read_text(encoding="utf-8")
    return ""


@cache
def _folder() -> Path:
    spec = importlib.util.find_spec(_CLIENT)
    origin = spec.origin if spec else None
    return Path(origin).parent / "client" / "models" if origin else Path("/nonexistent")
