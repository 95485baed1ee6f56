"""The user's guide as a source: what docs/use/applications.md has, by the name of each block.

A fenced block whose info string names a file is that file (```` ```sh flask.sh ````), so what the
guide tells people to write is what the tests run. Pure but for reading the guide.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from shared.service.fdl import parse_document
from shared.service.model import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.service.model import Service

GUIDE: Final = Path(__file__).parents[2] / "docs/use/applications.md"
_BLOCK: Final = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files() -> dict[str, str]:
    """The text of each named block; raises ValueError for a name that stands twice."""
    found = _BLOCK.findall(GUIDE.read_text())
    texts = dict(found)
    if len(texts) < len(found):
        raise ValueError(f"a name stands twice: {sorted(name for name, _ in found)}")
    return texts


def names() -> list[str]:
    """The services of the guide."""
    return [Path(name).stem for name in files() if name.endswith(".yaml")]


def document(name: str, expose: Mapping[str, Any] = EMPTY, **lines: Any) -> str:
    """The FDL document of a service in the guide's frame, with further lines of `expose` and of
    the service; its script is the file `<name>.sh` beside it."""
    body: dict[str, Any] = {
        "name": name,
        "image": "registry.example/application:1",
        "script": f"{name}.sh",
    }
    body |= yaml.safe_load(files()[f"{name}.yaml"]) | lines
    body["expose"] |= expose
    return yaml.safe_dump({"functions": {"oscar": [{"local": body}]}})


def service(name: str, expose: Mapping[str, Any] = EMPTY) -> Service:
    """The service whose FDL lines are `<name>.yaml` and whose script is `<name>.sh`.

    Raises FdlError, and KeyError for a block that is missing.
    """
    script = files()[f"{name}.sh"]
    (parsed,) = parse_document(document(name, expose), lambda _: script)
    return parsed.service
