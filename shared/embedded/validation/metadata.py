"""Rules for metadata, the same for every kind but for names. Pure.

Source: k8s.io/apimachinery, api/validation/objectmeta.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_MOST_ANNOTATION_BYTES: Final = 256 * 1024


def check(names: Callable[[str, str], Iterator[Cause]], obj: Obj) -> Iterator[Cause]:
    """What is wrong with the metadata of `obj`; `names` is the rule for its name."""
    metadata = obj["metadata"]
    name = metadata.get("name", "")
    if not name:
        yield checks.required("metadata.name", "name or generateName is required")
    else:
        yield from names("metadata.name", name)
    yield from checks.labels("metadata.labels", metadata.get("labels", {}))
    yield from _annotations(metadata.get("annotations", {}))
    yield from _owners(metadata.get("ownerReferences", []))
    for index, finalizer in enumerate(metadata.get("finalizers", [])):
        yield from checks.qualified_name(f"metadata.finalizers[{index}]", finalizer)


def _annotations(annotations: dict[str, str]) -> Iterator[Cause]:
    for key in annotations:
        yield from checks.qualified_name("metadata.annotations", key.lower())
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > _MOST_ANNOTATION_BYTES:
        yield checks.too_long("metadata.annotations", _MOST_ANNOTATION_BYTES)


def _owners(owners: list[Obj]) -> Iterator[Cause]:
    for index, owner in enumerate(owners):
        for name in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(name):
                field = f"metadata.ownerReferences[{index}].{name}"
                yield checks.invalid(field, owner.get(name, ""), f"{name} must not be empty")
    if sum(owner.get("controller") is True for owner in owners) > 1:
        why = "Only one reference can have Controller set to true"
        yield checks.invalid("metadata.ownerReferences", owners, why)
