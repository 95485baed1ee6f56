"""Writes the schemas of Kubernetes' kinds anew: `make schemas KUBERNETES=folder`.

The folder holds the wanted release of github.com/kubernetes/kubernetes: its OpenAPI document, and
its Go types in staging.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from shared.embedded import kinds
from shared.embedded.kinds import Kind
from shared.embedded.schema import compaction, go_structs, kubernetes
from shared.embedded.schema.go_structs import GoField

OTHERS = [
    ("", "v1", "Binding"),
    ("authentication.k8s.io", "v1", "TokenRequest"),
    ("authentication.k8s.io", "v1", "TokenReview"),
    ("authorization.k8s.io", "v1", "LocalSubjectAccessReview"),
    ("authorization.k8s.io", "v1", "SelfSubjectRulesReview"),
    ("authorization.k8s.io", "v1", "SubjectAccessReview"),
    ("autoscaling", "v1", "Scale"),
    ("", "v1", "DeleteOptions"),
    ("policy", "v1", "Eviction"),
]
"""What requests hold beside the kinds that are served."""


def wanted() -> list[tuple[str, str, str]]:
    served = [each for each in vars(kinds).values() if isinstance(each, Kind)]
    return [(kind.group, kind.version, kind.kind) for kind in served] + OTHERS


def structs(folder: Path) -> dict[str, dict[str, GoField]]:
    """The Go types below `folder`, called as the ends of definitions' names are: core.v1.Pod."""
    return {
        f"{path.parent.parent.name}.{path.parent.name}.{name}": fields
        for path in sorted((folder / "staging/src/k8s.io").glob("api*/**/types.go"))
        for name, fields in go_structs.fields(path.read_text()).items()
    }


def text(data: dict[str, Any]) -> str:
    """JSON with a line for each kind and each definition, so that changes can be read."""
    parts = []
    for name, value in data.items():
        if isinstance(value, dict):
            lines = [f"{json.dumps(k)}: {_compact(v)}" for k, v in value.items()]
            parts.append(f"{json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n}")
        else:
            parts.append(f"{json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    swagger = json.loads((folder / "api/openapi-spec/swagger.json").read_text())
    target = Path(kubernetes.__file__).with_suffix(".json")
    target.write_text(text(compaction.compact(swagger, wanted(), structs(folder))))
