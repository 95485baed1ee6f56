"""Media types: what a client accepts, and what its body is. Pure.

https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from shared.embedded.errors import not_acceptable, unsupported_media_type, unsupported_patch_type

if TYPE_CHECKING:
    from shared.embedded.api.patching import PatchType

JSON: Final = "application/json"
YAML: Final = "application/yaml"
_BODY_TYPES: Final = (JSON, YAML)
_PATCH_TYPES: Final[dict[str, PatchType]] = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
    "application/apply-patch+yaml": "apply",
}
_GROUP: Final = "meta.k8s.io"

Form = Literal["object", "table", "metadata"]


@dataclass(frozen=True, slots=True)
class Range:
    """One entry of an Accept header: `application/json;as=Table;v=v1;g=meta.k8s.io`."""

    media_type: str
    parameters: dict[str, str]


def accepted_form(accept: str) -> Form:
    """The first form of the Accept header that the server has; raises 406."""
    for each in ranges(accept):
        form = _form(each)
        if form is not None:
            return form
    raise not_acceptable([JSON])


def ranges(accept: str) -> list[Range]:
    """The entries of an Accept header; an empty one accepts all."""
    entries = [entry for entry in accept.split(",") if entry.strip()] or ["*/*"]
    return [_range(entry) for entry in entries]


def is_yaml(content_type: str) -> bool:
    """Whether a body is YAML rather than JSON; raises 415 for other types."""
    media_type = _range(content_type).media_type or JSON
    if media_type not in _BODY_TYPES:
        raise unsupported_media_type(_BODY_TYPES)
    return media_type == YAML


def patch_type(content_type: str) -> PatchType:
    """The kind of a patch; raises 415."""
    found = _PATCH_TYPES.get(_range(content_type).media_type)
    if found is None:
        raise unsupported_patch_type()
    return found


def _form(entry: Range) -> Form | None:
    if entry.media_type not in (JSON, "application/*", "*/*"):
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
