"""Values as Go's `fmt` prints them (`%v`), for messages that show what a client sent. Pure.

https://pkg.go.dev/fmt. Used by patches, whose errors kube-apiserver words with the patch itself.
"""

from __future__ import annotations

from typing import Any


def shown(value: Any) -> str:
    """`map[a:1 b:[x y]]`: maps by key, lists in brackets, text bare, null as `<nil>`."""
    if isinstance(value, dict):
        pairs = (f"{key}:{shown(value[key])}" for key in sorted(value))
        return f"map[{' '.join(pairs)}]"
    if isinstance(value, list):
        return f"[{' '.join(map(shown, value))}]"
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def json_type(value: Any) -> str:
    """What encoding/json calls the type of a JSON value that does not fit."""
    names = {dict: "object", list: "array", str: "string", bool: "bool"}
    return names.get(type(value), "number")
