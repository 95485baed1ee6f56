"""Writes the schemas of Kubernetes' kinds anew: `make schemas SWAGGER=swagger.json`.

`swagger.json` is api/openapi-spec/swagger.json of the wanted release of Kubernetes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from shared.embedded import kinds
from shared.embedded.kinds import Kind
from shared.embedded.schema import compaction, kubernetes

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
    swagger = json.loads(Path(sys.argv[1]).read_text())
    target = Path(kubernetes.__file__).with_suffix(".json")
    target.write_text(text(compaction.compact(swagger, wanted())))
