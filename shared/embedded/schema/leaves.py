"""Leaves that are more than JSON types: bytes in base64, times, quantities. Pure.

Each function gives the canonical form of a value, or raises ValueError with Go's words. `shapes`
names them; `decoding` calls them.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from shared.embedded.schema import times

_ALPHABET: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_NAMES: Final = {dict: "object", list: "array", str: "string", bool: "bool"}
_INT32: Final = 2**31


def go_name(value: Any) -> str:
    """What encoding/json calls the type of a JSON value."""
    return _NAMES.get(type(value), "number")


def base64_text(value: Any) -> str:
    """Bytes in standard base64; line breaks in it are allowed and dropped."""
    text = str(value).replace("\r", "").replace("\n", "")
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode()
    except (binascii.Error, ValueError) as error:
        where = _corrupt(str(value).encode("utf-8", "surrogatepass"))
        raise ValueError(f"illegal base64 data at input byte {where}") from error


def _corrupt(data: bytes) -> int:
    """Where Go's decoder stops (https://pkg.go.dev/encoding/base64#CorruptInputError)."""
    filled = 0
    for index, byte in enumerate(data):
        if byte in b"\r\n":
            continue
        if byte in _ALPHABET:
            filled = (filled + 1) % 4
        elif byte != ord("=") or filled < 2:
            return index
        else:
            return _corrupt_padding(data, index, filled)
    return len(data) - filled


def _corrupt_padding(data: bytes, index: int, filled: int) -> int:
    rest = [at for at in range(index + 1, len(data)) if data[at] not in b"\r\n"]
    if filled == 3:
        return rest[0] if rest else len(data)
    if not rest:
        return len(data)
    if data[rest[0]] != ord("="):
        return rest[0]
    return rest[1] if len(rest) > 1 else len(data)


def time(value: Any) -> str:
    return times.canonical_time(_string(value))


def micro_time(value: Any) -> str:
    return times.canonical_micro_time(_string(value))


def int_or_string(value: Any) -> int | str:
    if isinstance(value, str):
        return value
    if type(value) is int and -_INT32 <= value < _INT32:
        return value
    raise ValueError(f"json: cannot unmarshal {shown(value)} into Go value of type int32")


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"json: cannot unmarshal {go_name(value)} into Go value of type string")


def shown(value: Any) -> str:
    """The name of the type, and of a number the number too."""
    name = go_name(value)
    return f"number {value}" if name == "number" else name
