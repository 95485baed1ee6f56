"""Rules for metadata, the same for every kind but for names. Pure.

Source: k8s.io/apimachinery, api/validation/objectmeta.go, and validateKubeFinalizerName of
k8s.io/kubernetes/pkg/apis/core/validation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_MOST_ANNOTATION_BYTES: Final = 256 * 1024
_ORPHAN, _FOREGROUND = "orphan", "foregroundDeletion"
_STANDARD_FINALIZERS: Final = ("kubernetes", _ORPHAN, _FOREGROUND)


def check(names: Callable[[str, str], Iterator[Cause]], obj: Obj) -> Iterator[Cause]:
    """What is wrong with the metadata of `obj`; `names` is the rule for its name."""
    metadata = obj["metadata"]
    base, name = metadata.get("generateName", ""), metadata.get("name", "")
    if base and any(names("metadata.generateName", _as_prefix(base))):
        yield from names("metadata.generateName", base)
    if not name:
        yield checks.required("metadata.name", "name or generateName is required")
    else:
        yield from names("metadata.name", name)
    yield from checks.labels("metadata.labels", metadata.get("labels", {}))
    yield from annotation_map("metadata.annotations", metadata.get("annotations", {}))
    yield from _owners(metadata.get("ownerReferences", []))
    if "finalizers" in metadata:
        yield from _finalizers(metadata["finalizers"])


def succession(old: Obj, new: Obj) -> Iterator[Cause]:
    """An object on its way out takes no more finalizers."""
    if "deletionTimestamp" not in old["metadata"]:
        return
    before, after = (obj["metadata"].get("finalizers", []) for obj in (old, new))
    if added := sorted(set(after) - set(before)):
        listed = ", ".join(checks.shown(each) for each in added)
        why = (
            "no new finalizers can be added if the object is being deleted, found new finalizers "
            f"[]string{{{listed}}}"
        )
        yield checks.forbidden("metadata.finalizers", why)


def annotation_map(at: str, given: dict[str, str]) -> Iterator[Cause]:
    for key in given:
        yield from checks.qualified_name(at, key.lower(), key)
    size = sum(len(key.encode()) + len(value.encode()) for key, value in given.items())
    if size > _MOST_ANNOTATION_BYTES:
        yield checks.too_long(at, _MOST_ANNOTATION_BYTES)


def _as_prefix(base: str) -> str:
    """More will follow, so that a last dash is no fault."""
    return f"{base[:-1]}a" if base.endswith("-") else base


def _owners(owners: list[Obj]) -> Iterator[Cause]:
    at, first = "metadata.ownerReferences", ""
    for owner in owners:
        if not owner.get("apiVersion"):
            yield checks.invalid(f"{at}.apiVersion", "", "version must not be empty")
        for name in ("kind", "name", "uid"):
            if not owner.get(name):
                yield checks.invalid(f"{at}.{name}", "", "must not be empty")
        if (owner.get("apiVersion"), owner.get("kind")) == ("v1", "Event"):
            why = "/v1, Kind=Event is disallowed from being an owner"
            yield checks.invalid(at, _shown_owner(owner), why)
        if owner.get("controller") is True:
            here = f"{owner.get('kind', '')}/{owner.get('name', '')}"
            if first:
                why = (
                    'Only one reference can have Controller set to true. Found "true" in '
                    f"references for {first} and {here}"
                )
                yield checks.invalid(at, [_shown_owner(each) for each in owners], why)
            first = first or here


def _shown_owner(owner: Obj) -> Obj:
    """In the order of Go's struct; the first four are always there."""
    always: Obj = {name: owner.get(name, "") for name in ("apiVersion", "kind", "name", "uid")}
    some: Obj = {
        name: owner[name] for name in ("controller", "blockOwnerDeletion") if name in owner
    }
    return {**always, **some}


def _finalizers(finalizers: list[str]) -> Iterator[Cause]:
    at = "metadata.finalizers"
    for each in finalizers:
        yield from checks.qualified_name(at, each)
    if _ORPHAN in finalizers and _FOREGROUND in finalizers:
        why = f"finalizer {_ORPHAN} and {_FOREGROUND} cannot be both set"
        yield checks.invalid(at, finalizers, why)
    for index, each in enumerate(finalizers):
        yield from standard_finalizer(f"{at}[{index}]", each)


def standard_finalizer(at: str, name: str) -> Iterator[Cause]:
    """Names without a domain are Kubernetes' own."""
    if "/" not in name and name not in _STANDARD_FINALIZERS:
        why = "name is neither a standard finalizer name nor is it fully qualified"
        yield checks.invalid(at, name, why)
