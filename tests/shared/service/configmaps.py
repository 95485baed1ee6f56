"""ConfigMaps of services, right and wrong: one table for all three programs that read them."""

from __future__ import annotations

from typing import Any, Final

from shared.service.objects import Obj

DEFINITION: Final = "name: a\nimage: i\nexpose: {api_port: 80}\n"
GUARDED: Final = "name: a\nimage: i\nexpose: {api_port: 80, set_auth: true}\n"


def configmap(
    definition: str | None = DEFINITION, digest: str = "", label: str = "a", **metadata: Any
) -> Obj:
    """The ConfigMap `a`."""
    data = {"function_config.yaml": definition, "token_sha256": digest, "script.sh": "serve"}
    return {
        "metadata": {
            "name": "a",
            "namespace": "oscar-svc",
            "resourceVersion": "1",
            "labels": {"oscar_service": label} if label else {},
            **metadata,
        },
        "data": {key: text for key, text in data.items() if text},
    }


LABELLED: Final = {
    "another name": (
        configmap(DEFINITION.replace("name: a", "name: b")),
        "function_config.yaml: name: 'b' is not the ConfigMap's name 'a'; make them equal",
    ),
    "no definition": (
        configmap(None),
        "data has no function_config.yaml; apply the service again",
    ),
    "no YAML": (configmap("{"), "function_config.yaml: document: "),
    "no mapping": (
        configmap("- a"),
        "function_config.yaml: document: ['a'] is not a mapping of fields; ",
    ),
    "an invalid field": (
        configmap(DEFINITION.replace("80", "99999")),
        "function_config.yaml: expose.api_port: 99999 is above 65535, the most allowed; apply",
    ),
    "two invalid fields": (
        configmap(DEFINITION.replace("80", "0").replace("image: i", "cpu: much")),
        "apply the service again",
    ),
    "no digest of the token it asks for": (
        configmap(GUARDED),
        "token_sha256: is not 64 lower-case hex digits (SHA-256 of the token); apply the service",
    ),
    "a digest that is none": (configmap(digest="xyz"), "token_sha256: is not 64"),
}
"""What is wrong, the ConfigMap `a`, and how it is told; all bear the label of service `a`."""

BROKEN: Final = LABELLED | {
    "the label of another": (
        configmap(label="b"),
        "label oscar_service: 'b' is not the ConfigMap's name; set it to 'a'",
    ),
}
