"""Media types: what a client accepts, and what its body is. Pure.

https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from shared.embedded.errors import (
    not_acceptable,
    unknown_representation,
    unsupported_media_type,
    unsupported_patch_type,
)

if TYPE_CHECKING:
    from shared.embedded.api.patching import PatchType

JSON: Final = "application/json"
YAML: Final = "application/yaml"
PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
_BODY_TYPES: Final = (JSON, YAML, PROTOBUF)
_STREAM_TYPES: Final = (f"{JSON};stream=watch", f"{PROTOBUF};stream=watch")
_SHOWN_TYPES: Final = (*_BODY_TYPES, *_STREAM_TYPES)
_PATCH_TYPES: Final[dict[str, PatchType]] = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
    "application/apply-patch+yaml": "apply",
}
_GROUP: Final = "meta.k8s.io"
_ANY: Final = ("application/*", "*/*")

Form = Literal["object", "table", "metadata"]


@dataclass(frozen=True, slots=True)
class Range:
    """One entry of an Accept header: `application/json;as=Table;v=v1;g=meta.k8s.io`."""

    media_type: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Accepted:
    """How an answer is shown: in which form, and whether as YAML instead of JSON."""

    form: Form
    yaml: bool = False


def accepted(accept: str, *, streams: bool = False) -> Accepted:
    """The first entry of the Accept header that the server can satisfy; raises 406.

    streams: for a watch, which is never shown as YAML.
    """
    for each in ranges(accept):
        form = _form(each)
        if form is not None and not (streams and each.media_type == YAML):
            return Accepted(form, each.media_type == YAML)
    if streams or any(each.media_type in (*_BODY_TYPES, *_ANY) for each in ranges(accept)):
        raise not_acceptable(_STREAM_TYPES if streams else _BODY_TYPES)
    raise unknown_representation(_SHOWN_TYPES)


def prefers_yaml(accept: str) -> bool:
    """Whether a refusal is shown as YAML."""
    types = [each.media_type for each in ranges(accept)]
    return next((each == YAML for each in types if each in (JSON, YAML, *_ANY)), False)


def ranges(accept: str) -> list[Range]:
    """The entries of an Accept header, preferred first; an empty one accepts all."""
    entries = [entry for entry in accept.split(",") if entry.strip()] or ["*/*"]
    return sorted(map(_range, entries), key=lambda each: -_quality(each))


def _quality(entry: Range) -> float:
    """RFC 9110, section 12.4.2."""
    try:
        return float(entry.parameters.get("q", "1"))
    except ValueError:
        return 1.0


def is_yaml(content_type: str) -> bool:
    """Whether a body is YAML rather than JSON; raises 415 for other types."""
    media_type = _range(content_type).media_type or JSON
    if media_type not in _BODY_TYPES:
        raise unsupported_media_type(_BODY_TYPES)
    return media_type == YAML


def is_apply(content_type: str) -> bool:
    """Whether a patch is a configuration to apply."""
    return _PATCH_TYPES.get(_range(content_type).media_type) == "apply"


def patch_type(content_type: str) -> PatchType:
    """The kind of a patch; raises 415."""
    found = _PATCH_TYPES.get(_range(content_type).media_type)
    if found is None:
        raise unsupported_patch_type()
    return found


def _form(entry: Range) -> Form | None:
    if entry.media_type not in (JSON, YAML, *_ANY):
        return None
    wanted = entry.parameters.get("as")
    if wanted is None:
        return "object"
    if entry.parameters.get("g") != _GROUP or entry.parameters.get("v") not in ("v1", "v1beta1"):
        return None
    if wanted == "Table":
        return "table"
    return "metadata" if wanted.startswith("PartialObjectMetadata") else None


def _range(entry: str) -> Range:
    media_type, *pairs = (part.strip() for part in entry.split(";"))
    parameters = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    return Range(media_type.lower(), parameters)
