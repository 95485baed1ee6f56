"""ConfigMaps of services whose definitions are made to end whoever reads them."""

from __future__ import annotations

BOMBS = {
    "deep-20000": "x: \n  " + "- " * 20_000 + "y\n",
    "deep-40000": "x: \n  " + "- " * 40_000 + "y\n",
    "deep-400000": "x: \n  " + "- " * 400_000 + "y\n",
    "brackets": "x: " + "[" * 400_000,
    "mappings": "x: " + "{a: " * 200_000,
    "merges": "m0: &m0 {a: 1}\n"
    + "".join(f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}\n" for n in range(1, 8)),
    "laughs": "a0: &a0 [x, x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)),
    "inside-itself": "a: &a [*a]\n",
    "keys": "? " * 100_000 + "x\n",
    "tags": "x: " + "!!seq [" * 100_000,
    "anchors": "x: " + "".join(f"&a{n} [" for n in range(50_000)),
}


def configmap(name: str, text: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": "oscar-svc",
            "labels": {"oscar_service": name},
        },
        "data": {"function_config.yaml": text, "script.sh": "", "token_sha256": "0" * 64},
    }
