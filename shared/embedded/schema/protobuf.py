"""Objects in Kubernetes' protobuf encoding, as kubectl sends those that it makes itself. Pure.

`kubectl create NAME…`, `autoscale`, `drain`, `auth can-i` and every client in Go speak protobuf;
answers may be JSON. The messages are those of `protobuf_messages`; anything else that is set is
refused, for dropping it would change what was asked.
https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding-idl
https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from shared.embedded.schema.protobuf_messages import INLINE, Field, messages, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.service.objects import Obj

MEDIA_TYPE: Final = "application/vnd.kubernetes.protobuf"

_MAGIC: Final = b"k8s\x00"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_DEPTH: Final = 20
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Value = int | bytes
"""A varint or fixed number, or the bytes of all else."""


def decode(body: bytes) -> Obj:
    """The object in `body`, as its JSON would say it.

    Raises ValueError for bytes that are no object of a kind known here, and for one that sets more
    than is known.
    """
    if not body.startswith(_MAGIC):
        raise ValueError("the body does not begin as Kubernetes' protobuf does")
    envelope = dict(_fields(body[len(_MAGIC) :]))
    head = {number: _text(value) for number, value in _fields(_bytes(envelope.get(1, b"")))}
    api_version, kind = head.get(1, ""), head.get(2, "")
    message = named(api_version, kind)
    if message not in messages():
        raise ValueError(f"{kind or 'an object without kind'} is not read as protobuf; send JSON")
    value = _message(message, _bytes(envelope.get(2, b"")), _DEPTH)
    return {"apiVersion": api_version, "kind": kind, **value}


def _message(name: str, data: bytes, depth: int) -> Obj:
    if not depth:
        raise ValueError(f"{name} is nested too deeply")
    found: Obj = {}
    fields = messages()[name]
    for number, raw in _fields(data):
        field = fields.get(number)
        if field is not None:
            _add(found, field, raw, depth)
        elif not _is_empty(raw, depth):
            what = f"field {number} of {name.rpartition('.')[2]}"
            raise ValueError(f"{what} is not read as protobuf; send JSON")
    return found


def _add(found: Obj, field: Field, raw: Value, depth: int) -> None:
    """Put one occurrence of `field` into `found`; zeros of plain fields say nothing."""
    if field.shape == "map":
        entry = dict(_fields(_bytes(raw)))
        key = _text(entry.get(1, b""))
        found.setdefault(field.name, {})[key] = _value(field.type, entry.get(2, b""), depth)
        return
    value = _value(field.type, raw, depth)
    if field.name == INLINE:
        found.update(value)
    elif field.shape == "list":
        found.setdefault(field.name, []).append(value)
    elif field.pointer or value or field.type == "IntOrString":
        found[field.name] = value


def _value(kind: str, raw: Value, depth: int) -> Any:
    match kind:
        case "string":
            return _text(raw)
        case "bytes":
            return base64.b64encode(_bytes(raw)).decode()
        case "int":
            return _signed(raw)
        case "bool":
            return _signed(raw) != 0
        case "IntOrString":
            either = _message(kind, _bytes(raw), depth - 1)
            return either.get("strVal", "") if either.get("type") else either.get("intVal", 0)
        case "Quantity":
            return _message(kind, _bytes(raw), depth - 1).get("string", "0")
        case "Time" | "MicroTime":
            return _time(_message(kind, _bytes(raw), depth - 1), kind)
        case "ExtraValue":
            return _message(kind, _bytes(raw), depth - 1).get("items", [])
        case "FieldsV1":
            return json.loads(_bytes(dict(_fields(_bytes(raw))).get(1, b"{}")))
        case _:
            return _message(kind, _bytes(raw), depth - 1)


def _time(parts: Obj, kind: str) -> str | None:
    """RFC 3339, with microseconds for a MicroTime; None for Go's zero time."""
    if not parts:
        return None
    try:
        moment = _EPOCH + timedelta(
            seconds=parts.get("seconds", 0), microseconds=parts.get("nanos", 0) // 1000
        )
    except OverflowError as error:
        raise ValueError("a time in protobuf is out of range") from error
    precision = "microseconds" if kind == "MicroTime" else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def _is_empty(raw: Value, depth: int) -> bool:
    """Whether a field says nothing: a zero, or a message in which all fields say nothing."""
    if isinstance(raw, int):
        return raw == 0
    try:
        return depth > 0 and all(_is_empty(value, depth - 1) for _, value in _fields(raw))
    except ValueError:
        return False


def _fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """The fields of a message as (number, raw value), in their order; raises ValueError."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == _VARINT:
            number, at = _varint(data, at)
            yield tag >> 3, number
            continue
        size, at = _size(data, at, wire)
        if at + size > len(data):
            raise ValueError("a protobuf field ends behind the end of the body")
        piece = data[at : at + size]
        yield tag >> 3, piece if wire == _BYTES else int.from_bytes(piece, "little")
        at += size


def _size(data: bytes, at: int, wire: int) -> tuple[int, int]:
    if wire == _BYTES:
        return _varint(data, at)
    if wire in (_FIXED32, _FIXED64):
        return (4 if wire == _FIXED32 else 8), at
    raise ValueError(f"unknown protobuf wire type {wire}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(data):
            raise ValueError("a protobuf number ends behind the end of the body")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a protobuf number has more than 64 bits")


def _signed(raw: Value) -> int:
    if not isinstance(raw, int):
        raise ValueError("a protobuf number is expected")
    return raw - (1 << 64) if raw >= 1 << 63 else raw


def _bytes(raw: Value) -> bytes:
    if isinstance(raw, int):
        raise ValueError("protobuf bytes are expected")
    return raw


def _text(raw: Value) -> str:
    return _bytes(raw).decode()
