"""YAML and JSON text as plain values, read strictly: what two parsers could read differently fails.

Scalars follow the JSON part of YAML 1.2, so that an environment variable `ON: yes`, `T: 12:30` or
`ID: 0123` stays the text it is (YAML 1.1 makes true, 750 and 83 of them). Fractions are Decimals,
which keep their digits. Keys are the text that is written, as in JSON. Duplicate keys and expanding
aliases are refused.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

import orjson
import yaml

from shared.service import blanks, bounds

MAX_TEXT: Final = 1024 * 1024

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class DocumentError(ValueError):
    """The text is no document; the message says where and why."""


class _StrictLoader(_Loader):  # type: ignore[misc]
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """A scalar that names its own type (`!!float x`) must be written as one of it."""
        pattern = _PATTERNS.get(node.tag) if isinstance(node, yaml.ScalarNode) else None
        if pattern and not pattern.match(node.value):
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value[:40]!r} is no {node.tag[18:]}", node.start_mark
            )
        return super().construct_object(node, deep)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be a word, not a list or a mapping", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands here twice", key.start_mark
                )
            seen.add(key.value)
        self.flatten_mapping(node)
        for key, _ in node.value:
            key.tag = _TEXT
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


_TEXT: Final = "tag:yaml.org,2002:str"
_SCALARS: Final = (
    ("tag:yaml.org,2002:null", r"(?:null|Null|NULL|~|)", ["n", "N", "~", ""]),
    ("tag:yaml.org,2002:bool", r"(?:true|false)", ["t", "f"]),
    ("tag:yaml.org,2002:int", r"-?(?:0|[1-9][0-9]{0,18})", list("-0123456789")),
    ("tag:yaml.org,2002:float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+", list("-0123456789")),
    ("tag:yaml.org,2002:merge", r"<<", ["<"]),
)
_PATTERNS: Final = {tag: re.compile(rf"^{text}\Z", re.ASCII) for tag, text, _ in _SCALARS}
for _tag, _, _first in _SCALARS:
    _StrictLoader.add_implicit_resolver(_tag, _PATTERNS[_tag], _first)
_StrictLoader.add_constructor(
    "tag:yaml.org,2002:float", lambda loader, node: Decimal(loader.construct_scalar(node))
)


class PlainDumper(_Dumper):  # type: ignore[misc]
    """Writes fractions as `_SCALARS` reads them: without an exponent, which would make a text."""


def _digits(dumper: Any, value: float) -> yaml.Node:
    text = format(Decimal(repr(value)), "f")
    node: yaml.Node = dumper.represent_scalar(
        "tag:yaml.org,2002:float", text if "." in text else f"{text}.0"
    )
    return node


PlainDumper.add_representer(float, _digits)


def load_yaml(text: str) -> Any:
    """The value of one YAML document of at most 1 MiB; JSON is YAML too.

    Raises DocumentError with line and column.
    """
    if len(text) > MAX_TEXT:
        raise DocumentError(f"the text is longer than {MAX_TEXT} characters, the most read")
    try:
        bounds.check(text)
        return yaml.load(text, _StrictLoader)  # noqa: S506  a subclass of the safe loader
    except yaml.YAMLError as error:
        why = blanks.explain(text, error)
        raise DocumentError(f"the text is not valid YAML: {why}") from error
    except (RecursionError, ValueError) as error:
        raise DocumentError(f"the text cannot be read: {error}") from error


def dump_yaml(value: Any) -> str:
    """Block-style YAML of plain values, keys in their order."""
    text: str = yaml.dump(
        plain(value),
        Dumper=PlainDumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
    )
    return text


def dump_json(value: Any) -> bytes:
    """JSON of plain values; Decimals become numbers."""
    return orjson.dumps(value, default=plain)


def dump_json_indented(value: Any) -> str:
    """The same for people, by two blanks, with a line end."""
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(value, default=plain, option=option).decode()


def plain(value: Any) -> Any:
    """`value` with Decimals as floats and mappings and sequences as dicts and lists."""
    if isinstance(value, Decimal):
        return float(value)
    if hasattr(value, "items"):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
