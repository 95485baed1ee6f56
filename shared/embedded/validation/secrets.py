"""Rules for Secrets, by their type (k8s.io/kubernetes/pkg/apis/core/validation). Pure."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks
from shared.embedded.validation.objects import immutable_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_MOST_BYTES: Final = 1024 * 1024
_OWNER: Final = "kubernetes.io/service-account.name"
_DOCKER: Final = {
    "kubernetes.io/dockercfg": ".dockercfg",
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
}
_REDACTED: Final = "<secret contents redacted>"


def secret(obj: Obj) -> Iterator[Cause]:
    data = obj.get("data", {})
    for key in data:
        yield from checks.config_key(f"data[{key}]", key)
    if sum(len(value) * 3 // 4 for value in data.values()) > _MOST_BYTES:
        yield checks.too_long("data", _MOST_BYTES)
    yield from _typed(obj["type"], data, obj["metadata"].get("annotations", {}))


def immutable_secret(old: Obj, new: Obj) -> Iterator[Cause]:
    if old["type"] != new["type"]:
        yield checks.immutable("type", new["type"])
    yield from immutable_data(old, new)


def _typed(kind: str, data: dict[str, str], annotations: dict[str, str]) -> Iterator[Cause]:
    if kind in _DOCKER:
        yield from _docker(_DOCKER[kind], data)
    elif kind == "kubernetes.io/service-account-token":
        if not annotations.get(_OWNER):
            yield checks.required(f"metadata.annotations[{_OWNER}]")
    elif kind == "kubernetes.io/basic-auth":
        if not {"username", "password"} & data.keys():
            yield checks.required("data[username]")
            yield checks.required("data[password]")
    elif kind == "kubernetes.io/ssh-auth":
        if not data.get("ssh-privatekey"):
            yield checks.required("data[ssh-privatekey]")
    elif kind == "kubernetes.io/tls":
        for key in ("tls.crt", "tls.key"):
            if key not in data:
                yield checks.required(f"data[{key}]")


def _docker(key: str, data: dict[str, str]) -> Iterator[Cause]:
    field = f"data[{key}]"
    if key not in data:
        yield checks.required(field)
        return
    if fault := _not_an_object(data[key]):
        yield checks.invalid(field, _REDACTED, fault)


def _not_an_object(encoded: str) -> str:
    """Why this is no JSON object, in Go's words; empty when it is one."""
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "invalid character '\\u00ef' looking for beginning of value"
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        if error.pos >= len(text):
            return "unexpected end of JSON input"
        where = (
            "looking for beginning of value"
            if error.msg == "Expecting value"
            else (
                "after top-level value"
                if error.msg == "Extra data"
                else "looking for beginning of object key string"
            )
        )
        return f"invalid character '{text[error.pos]}' {where}"
    if value is None or isinstance(value, dict):
        return ""
    names = {str: "string", bool: "bool", list: "array"}
    return (
        f"json: cannot unmarshal {names.get(type(value), 'number')} into Go value of type "
        "map[string]interface {}"
    )
