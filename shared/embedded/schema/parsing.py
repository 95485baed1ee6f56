"""JSON and YAML texts as values, and what kube-apiserver says of texts that are neither. Pure.

Called by `decoding` and by the HTTP exchange; knows no schemas.
"""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any, Final

import orjson
import yaml

from shared.service import bounds

_SHOWN: Final = 30
_MOST_VALUES: Final = 200_000
_GO_ERRORS: Final = {
    "Expecting property name enclosed in double quotes": "looking for beginning of object key "
    "string",
    "Illegal trailing comma before end of object": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Extra data": "after top-level value",
}
_SPACED_KEY: Final = re.compile(rb'"[ \t\r\n]+:')
_FALSE: Final = frozenset(("n", "no", "off", "false"))


class Pairs:
    """A JSON object as it is written: its fields in order, doubles included."""

    def __init__(self, fields: list[tuple[str, Any]]) -> None:
        self._fields = fields

    def items(self) -> list[tuple[str, Any]]:
        return self._fields


def parse_json(body: bytes) -> Any:
    """The value of a JSON text; raises ValueError with Go's words."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ValueError(_go_error(body)) from error


def json_pairs(body: bytes) -> Any:
    """The value of a right JSON text, with Pairs for objects."""
    return json.loads(body, object_pairs_hook=Pairs)


def may_repeat(body: bytes, value: Any) -> bool:
    """Whether the JSON text of `value` may name a field twice: it has more keys than its value."""
    return body.count(b'":') != orjson.dumps(value).count(b'":') or bool(_SPACED_KEY.search(body))


def looks_like_json(body: bytes) -> bool:
    return body.lstrip().startswith(b"{")


def parse_yaml(body: bytes) -> Any:
    """The value of one YAML document, JSON included; raises ValueError."""
    if looks_like_json(body):
        with contextlib.suppress(ValueError):
            return parse_json(body)
    try:
        bounds.check(body, nodes=_MOST_VALUES)
        value = yaml.load(body, Loader=_Loader)  # noqa: S506  knows plain values only
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"error parsing YAML: {error}") from error
    return _plain(value)


def yaml_duplicates(body: bytes) -> str:
    """What Go's YAML parser says of keys that are written twice; empty when none is."""
    try:
        root = yaml.compose(body, Loader=_Loader)
    except yaml.YAMLError:
        return ""
    lines = [
        f"  line {line}: key {json.dumps(key)} already set in map" for line, key in _twice(root)
    ]
    return "\n".join(["yaml: unmarshal errors:", *lines]) if lines else ""


def _twice(root: Any) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    waiting = [root] if root is not None else []
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
            continue
        keys: set[tuple[str, str]] = set()
        for key, value in node.value:
            waiting.append(value)
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in keys:
                    found.append((key.start_mark.line + 1, key.value))
                keys.add((key.tag, key.value))
    return sorted(found)


def summary(body: bytes) -> str:
    """The beginning of a body, as refusals show it: text of an object, else hexadecimal."""
    if not body:
        return "<empty>"
    cut = " ..." if len(body) > _SHOWN else ""
    shown = body[:_SHOWN]
    return (shown.decode(errors="replace") if body[:1] == b"{" else shown.hex()) + cut


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as Go's parser reads it: y and n are truth values, dates are text, and there are no
    numbers to the base of sixty."""

    yaml_implicit_resolvers: Final[dict[str, list[Any]]] = {}


def _resolve(tag: str, pattern: str, first: str) -> None:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


_resolve("bool", r"^(?:y|Y|n|N|(?:yes|no|on|off|true|false)|(?:Yes|No|On|Off|True|False)|"
         r"(?:YES|NO|ON|OFF|TRUE|FALSE))$", "yYnNtTfFoO")  # fmt: skip
_resolve("int", r"^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)$",
         "-+0123456789")  # fmt: skip
_resolve("float", r"^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"
         r"|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$", "-+.0123456789")  # fmt: skip
_resolve("null", r"^(?:~|null|Null|NULL|)$", "~nN")
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])
_resolve("merge", r"^<<$", "<")


def _bool(_: Any, node: yaml.ScalarNode) -> bool:
    return node.value.lower() not in _FALSE


def _int(_: Any, node: yaml.ScalarNode) -> int:
    text = node.value.replace("_", "")
    digits = text.lstrip("+-")
    base = {"0b": 2, "0o": 8, "0x": 16}.get(digits[:2]) or (8 if digits[:1] == "0" else 10)
    return int(text.replace("0o", "", 1) if base == 8 else text, base)


def _float(_: Any, node: yaml.ScalarNode) -> float:
    value = float(node.value.replace("_", "").replace(".inf", "inf").replace(".Inf", "inf")
                  .replace(".INF", "inf").replace(".nan", "nan").replace(".NaN", "nan")
                  .replace(".NAN", "nan"))  # fmt: skip
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(f"{node.value} has no JSON form")
    return value


_Loader.add_constructor("tag:yaml.org,2002:bool", _bool)
_Loader.add_constructor("tag:yaml.org,2002:int", _int)
_Loader.add_constructor("tag:yaml.org,2002:float", _float)


def _plain(value: Any) -> Any:
    """YAML knows more than JSON: keys become strings, dates text."""
    if isinstance(value, dict):
        return {_key(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if hasattr(value, "isoformat"):
        text: str = value.isoformat()
        return text.replace("+00:00", "Z")
    raise ValueError(f"error parsing YAML: a value of type {type(value).__name__} has no JSON form")


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return "null" if key is None else str(key)


def _go_error(body: bytes) -> str:
    try:
        json.loads(body)
    except json.JSONDecodeError as error:
        text = error.doc
        position = len(text) - len(text[error.pos :].lstrip(" \t\r\n"))
        if position >= len(text):
            return "unexpected end of JSON input"
        where = _GO_ERRORS.get(error.msg, "looking for beginning of value")
        return f"invalid character {text[position]!r} {where}"
    except RecursionError:
        return "exceeded max depth"
    except UnicodeDecodeError:
        return "invalid UTF-8 in the text"
    return "the text is not strict JSON (RFC 8259)"
