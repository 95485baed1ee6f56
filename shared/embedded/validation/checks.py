"""Checks of single values; each yields the causes found (k8s.io/apimachinery validation). Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from shared.embedded.errors import DUPLICATE, FORBIDDEN, INVALID, REQUIRED, UNSUPPORTED, Cause
from shared.service.quantity import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_1035: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE: Final = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_CONFIG_KEY: Final = "[-._a-zA-Z0-9]+"
SUBDOMAIN_RULE: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    f"for validation is '{_SUBDOMAIN}')"
)
LABEL_RULE: Final = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    f"for validation is '{_LABEL}')"
)
LABEL_1035_RULE: Final = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    f"regex used for validation is '{_LABEL_1035}')"
)
_CONFIG_KEY_RULE: Final = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
    f"'{_CONFIG_KEY}')"
)
_LABEL_VALUE_RULE: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
    f"or '12345', regex used for validation is '{_LABEL_VALUE}')"
)
_NAME_PART_RULE: Final = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    f"validation is '{_QUALIFIED}')"
)


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


def immutable(field: str, value: Any) -> Cause:
    return invalid(field, value, "field is immutable")


def shown(value: Any) -> str:
    """A value as messages show it: strings quoted, objects as JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def one_of(field: str, value: Any, supported: Iterable[str]) -> Iterator[Cause]:
    choices = sorted(supported)
    if not value:
        yield required(field)
    elif value not in choices:
        listed = ", ".join(shown(choice) for choice in choices)
        message = f"Unsupported value: {shown(value)}: supported values: {listed}"
        yield Cause(UNSUPPORTED, message, field)


def subdomain(field: str, value: str) -> Iterator[Cause]:
    yield from _name(field, value, _SUBDOMAIN, SUBDOMAIN_RULE, 253)


def label(field: str, value: str) -> Iterator[Cause]:
    yield from _name(field, value, _LABEL, LABEL_RULE, 63)


def label_1035(field: str, value: str) -> Iterator[Cause]:
    yield from _name(field, value, _LABEL_1035, LABEL_1035_RULE, 63)


def path_segment(field: str, value: str) -> Iterator[Cause]:
    """Names of RBAC objects: anything that fits between two slashes of a path."""
    if value in (".", ".."):
        yield invalid(field, value, f"may not be '{value}'")
    for mark in "/%":
        if mark in value:
            yield invalid(field, value, f"may not contain '{mark}'")


def config_key(field: str, value: str) -> Iterator[Cause]:
    if len(value) > 253:
        yield invalid(field, value, "must be no more than 253 characters")
    if not re.fullmatch(_CONFIG_KEY, value):
        yield invalid(field, value, _CONFIG_KEY_RULE)
    if value in (".", "..") or value.startswith(".."):
        yield invalid(field, value, "a valid config key must not be '.' or start with '..'")


def labels(field: str, given: dict[str, str]) -> Iterator[Cause]:
    for key, value in given.items():
        yield from qualified_name(field, key)
        if len(value) > 63:
            yield invalid(field, value, "must be no more than 63 bytes")
        elif not re.fullmatch(_LABEL_VALUE, value):
            yield invalid(field, value, _LABEL_VALUE_RULE)


def qualified_name(field: str, key: str) -> Iterator[Cause]:
    """`name` or `prefix/name`, as labels, annotations and finalizers are called."""
    prefix, slash, name = key.rpartition("/")
    if slash and not (len(prefix) <= 253 and re.fullmatch(_SUBDOMAIN, prefix)):
        yield invalid(field, key, f"prefix part {SUBDOMAIN_RULE}")
    if not name:
        yield invalid(field, key, "name part must be non-empty")
    elif len(name) > 63:
        yield invalid(field, key, "name part must be no more than 63 bytes")
    elif not re.fullmatch(_QUALIFIED, name):
        yield invalid(field, key, _NAME_PART_RULE)


def not_negative(field: str, value: int | None) -> Iterator[Cause]:
    if value is not None and value < 0:
        yield invalid(field, value, "must be greater than or equal to 0")


def port(field: str, value: int | None) -> Iterator[Cause]:
    if value is None or not 1 <= value <= 65535:
        yield invalid(field, value or 0, "must be between 1 and 65535, inclusive")


def port_or_name(field: str, value: int | str | None) -> Iterator[Cause]:
    if isinstance(value, str):
        if not re.fullmatch(r"(?=.*[a-z])[a-z0-9]([a-z0-9]|-(?!-)){0,13}[a-z0-9]|[a-z]", value):
            yield invalid(field, value, "must contain at least one letter (a-z), be at most 15 "
                          "characters of a-z, 0-9 and single '-'")  # fmt: skip
    else:
        yield from port(field, value)


def quantity(field: str, value: str | float) -> Iterator[Cause]:
    try:
        if parse(str(value)) < 0:
            yield invalid(field, value, "must be greater than or equal to 0")
    except ValueError:
        why = (
            "quantities must match the regular expression "
            "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )
        yield invalid(field, value, why)


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
        yield invalid(field, value, f"must be no more than {limit} bytes")
    elif not re.fullmatch(pattern, value):
        yield invalid(field, value, rule)
