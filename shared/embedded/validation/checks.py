"""Checks of single values; each yields the causes found (k8s.io/apimachinery validation). Pure."""

from __future__ import annotations

import functools
import json
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from shared.embedded.errors import DUPLICATE, FORBIDDEN, INVALID, REQUIRED, UNSUPPORTED, Cause
from shared.service.quantity import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shared.service.objects import Obj

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE: Final = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_CONFIG_KEY: Final = "[-._a-zA-Z0-9]+"
_PERCENT: Final = "[0-9]+%"
_HEADER: Final = "[-A-Za-z0-9]+"
_WILDCARD: Final = rf"\*\.{_SUBDOMAIN}"
_KNOWN: Final = 4096
"""Keys and values of labels that are remembered as judged: objects share a few, and are written
often."""


def _rule(what: str, pattern: str, *examples: str) -> str:
    """What a value must be, with examples and the pattern, as Kubernetes words it."""
    shown = ",  or ".join(f"'{example}'" for example in examples)
    return f"{what} (e.g. {shown}, regex used for validation is '{pattern}')"


_ALPHANUMERIC: Final = "and must start and end with an alphanumeric character"
_CONSISTS: Final = f"must consist of alphanumeric characters, '-', '_' or '.', {_ALPHANUMERIC}"
SUBDOMAIN_RULE: Final = _rule(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    f"'.', {_ALPHANUMERIC}",
    _SUBDOMAIN,
    "example.com",
)
LABEL_RULE: Final = _rule(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    f"{_ALPHANUMERIC}",
    _LABEL,
    *("my-name", "123-abc"),
)
_CONFIG_KEY_RULE: Final = _rule(
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    _CONFIG_KEY,
    *("key.name", "KEY_NAME", "key-name"),
)
_LABEL_VALUE_RULE: Final = _rule(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    f"'.', {_ALPHANUMERIC}",
    _LABEL_VALUE,
    *("MyValue", "my_value", "12345"),
)
_QUALIFIED_RULE: Final = _rule(_CONSISTS, _QUALIFIED, "MyName", "my.name", "123-abc")
_PERCENT_RULE: Final = _rule(
    "a valid percent string must be a numeric string followed by an ending '%'",
    _PERCENT,
    *("1%", "93%"),
)
_HEADER_RULE: Final = _rule(
    "a valid HTTP header must consist of alphanumeric characters or '-'", _HEADER, "X-Header-Name"
)
_WILDCARD_RULE: Final = _rule(
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which "
    "must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric "
    "character",
    _WILDCARD,
    "*.example.com",
)
NEGATIVE: Final = "must be greater than or equal to 0"


def invalid(field: str, value: Any, why: str) -> Cause:
    return Cause(INVALID, f"Invalid value: {shown(value)}: {why}", field)


def required(field: str, why: str = "") -> Cause:
    return Cause(REQUIRED, f"Required value: {why}" if why else "Required value", field)


def duplicate(field: str, value: Any) -> Cause:
    return Cause(DUPLICATE, f"Duplicate value: {shown(value)}", field)


def forbidden(field: str, why: str) -> Cause:
    return Cause(FORBIDDEN, f"Forbidden: {why}", field)


def too_long(field: str, limit: int) -> Cause:
    message = f"Too long: may not be more than {limit} bytes"
    return Cause("FieldValueTooLong", message, field)


def too_many(field: str, count: int, limit: int) -> Cause:
    message = f"Too many: {count}: must have at most {limit} items"
    return Cause("FieldValueTooMany", message, field)


def not_found(field: str, value: str) -> Cause:
    return Cause("FieldValueNotFound", f"Not found: {shown(value)}", field)


def unsupported(field: str, value: Any, supported: Iterable[str]) -> Cause:
    """`supported` is listed in its order."""
    listed = ", ".join(shown(choice) for choice in supported)
    message = f"Unsupported value: {shown(value)}: supported values: {listed}"
    return Cause(UNSUPPORTED, message, field)


def immutable(field: str, value: Any) -> Cause:
    return invalid(field, value, "field is immutable")


def shown(value: Any) -> str:
    """A value as messages show it: strings quoted, objects as JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def struct(value: Obj, names: Iterable[str]) -> Obj:
    """An object as Go shows a struct of the internal API: all fields, under their Go names."""
    return {name: value.get(name[0].lower() + name[1:]) for name in names}


def one_of(field: str, value: Any, supported: Iterable[str]) -> Iterator[Cause]:
    choices = tuple(supported)
    if not value and "" not in choices:
        yield required(field)
    elif value not in choices:
        yield unsupported(field, value, choices)


def subdomain(field: str, value: str) -> Iterator[Cause]:
    yield from _name(field, value, _SUBDOMAIN, SUBDOMAIN_RULE, 253)


def label(field: str, value: str) -> Iterator[Cause]:
    dotted = "." in value and re.fullmatch(_SUBDOMAIN, value)
    yield from _name(field, value, _LABEL, "must not contain dots" if dotted else LABEL_RULE, 63)


def wildcard(field: str, value: str) -> Iterator[Cause]:
    yield from _name(field, value, _WILDCARD, _WILDCARD_RULE, 253)


def path_segment(field: str, value: str) -> Iterator[Cause]:
    """Names of RBAC objects: anything that fits between two slashes of a path."""
    if value in (".", ".."):
        yield invalid(field, value, f"may not be '{value}'")
    for mark in "/%":
        if mark in value:
            yield invalid(field, value, f"may not contain '{mark}'")


def config_key(field: str, value: str) -> Iterator[Cause]:
    yield from _name(field, value, _CONFIG_KEY, _CONFIG_KEY_RULE, 253)
    if value in (".", ".."):
        yield invalid(field, value, f"must not be '{value}'")
    elif value.startswith(".."):
        yield invalid(field, value, "must not start with '..'")


def labels(field: str, given: dict[str, str]) -> Iterator[Cause]:
    for key, value in given.items():
        yield from qualified_name(field, key)
        yield from label_value(field, value)


def label_value(field: str, value: str) -> Iterator[Cause]:
    yield from (invalid(field, value, fault) for fault in label_value_faults(value))


@functools.lru_cache(_KNOWN)
def label_value_faults(value: str) -> tuple[str, ...]:
    too_long = ("must be no more than 63 bytes",) if len(value) > 63 else ()
    return too_long if re.fullmatch(_LABEL_VALUE, value) else (*too_long, _LABEL_VALUE_RULE)


def qualified_name(field: str, key: str, value: str | None = None) -> Iterator[Cause]:
    """`name` or `prefix/name`, as labels, annotations and finalizers are called.

    value: what is shown as wrong, where it is not `key`.
    """
    told = key if value is None else value
    yield from (invalid(field, told, fault) for fault in _known_faults(key))


@functools.lru_cache(_KNOWN)
def _known_faults(key: str) -> tuple[str, ...]:
    return tuple(_qualified_faults(key))


def _qualified_faults(key: str) -> Iterator[str]:
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        optional = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        yield f"a valid label key {_QUALIFIED_RULE}{optional}"
        return
    if slash and not prefix:
        yield "prefix part must be non-empty"
    elif slash:
        if len(prefix) > 253:
            yield "prefix part must be no more than 253 bytes"
        if not re.fullmatch(_SUBDOMAIN, prefix):
            yield f"prefix part {SUBDOMAIN_RULE}"
    if not name:
        yield "name part must be non-empty"
    elif len(name) > 63:
        yield "name part must be no more than 63 bytes"
    if not re.fullmatch(_QUALIFIED, name):
        yield f"name part {_QUALIFIED_RULE}"


def not_negative(field: str, value: int | None) -> Iterator[Cause]:
    if value is not None and value < 0:
        yield invalid(field, value, NEGATIVE)


def within(field: str, value: int | None, low: int, high: int) -> Iterator[Cause]:
    """An integer from `low` to `high`; None is not looked at."""
    if value is not None and not low <= value <= high:
        yield invalid(field, value, f"must be between {low} and {high}, inclusive")


def port(field: str, value: int | None) -> Iterator[Cause]:
    yield from within(field, value or 0, 1, 65535)


def port_name(field: str, value: str) -> Iterator[Cause]:
    """A service's name as of RFC 6335, in lower case."""
    if len(value) > 15:
        yield invalid(field, value, "must be no more than 15 characters")
    if not re.fullmatch("[-a-z0-9]+", value):
        why = "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
        yield invalid(field, value, why)
    if not re.search("[a-z]", value):
        yield invalid(field, value, "must contain at least one letter (a-z)")
    if "--" in value:
        yield invalid(field, value, "must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        yield invalid(field, value, "must not begin or end with a hyphen")


def port_or_name(field: str, value: int | str | None) -> Iterator[Cause]:
    yield from port_name(field, value) if isinstance(value, str) else port(field, value)


def share(field: str, value: int | str) -> Iterator[Cause]:
    """A number of pods, or a percentage of them."""
    if isinstance(value, int):
        yield from not_negative(field, value)
    elif not re.fullmatch(_PERCENT, value):
        yield invalid(field, value, _PERCENT_RULE)


def not_above_all(field: str, value: int | str) -> Iterator[Cause]:
    """A percentage is at most 100%."""
    if isinstance(value, str) and re.fullmatch(_PERCENT, value) and int(value[:-1]) > 100:
        yield invalid(field, value, "must not be greater than 100%")


def header_name(field: str, value: str) -> Iterator[Cause]:
    if not re.fullmatch(_HEADER, value):
        yield invalid(field, value, _HEADER_RULE)


def relative_path(field: str, value: str) -> Iterator[Cause]:
    """A path below some folder."""
    if value.startswith("/"):
        yield invalid(field, value, "must be a relative path")
    yield from no_backsteps(field, value)


def no_backsteps(field: str, value: str) -> Iterator[Cause]:
    if ".." in value.split("/"):
        yield invalid(field, value, "must not contain '..'")


def amount(value: Any) -> Fraction | None:
    """A quantity's number; None for what is none."""
    try:
        return parse(str(value))
    except ValueError:
        return None


def quantity(field: str, value: str | float) -> Iterator[Cause]:
    """What is no quantity has been refused when it was decoded."""
    number = amount(value)
    if number is not None and number < 0:
        yield invalid(field, value, NEGATIVE)


def unique(field: str, name: str, items: list[dict[str, Any]]) -> Iterator[Cause]:
    """Items of the list at `field` whose `name` an earlier item has taken."""
    seen: set[Any] = set()
    for index, item in enumerate(items):
        value = item.get(name)
        if value in seen:
            yield duplicate(f"{field}[{index}].{name}", value)
        elif value:
            seen.add(value)


def _name(field: str, value: str, pattern: str, rule: str, limit: int) -> Iterator[Cause]:
    if len(value) > limit:
        yield invalid(field, value, f"must be no more than {limit} characters")
    if not re.fullmatch(pattern, value):
        yield invalid(field, value, rule)
