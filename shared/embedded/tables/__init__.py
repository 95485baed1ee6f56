"""Tables (meta.k8s.io/v1): what `kubectl get` prints, chosen and formatted by the server. Pure.

Called when an answer is rendered; the columns are an argument, and `declarations` says whose they
are. https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shared.embedded.tables.column import Columns
    from shared.service.objects import Obj


def render(
    columns: Columns,
    objects: Iterable[Obj],
    list_meta: Mapping[str, Any],
    include: str = "Metadata",
    *,
    now: float,
    headers: bool = True,
) -> Obj:
    """The Table of `objects`, in their order, with the columns of their kind.

    `list_meta` is the metadata of the list (resourceVersion, continue); `include` the request's
    includeObject: `None`, `Metadata` (default, also for the empty string) or `Object`. `now` is in
    Unix seconds. In a watch only the first Table carries column definitions (`headers=False` for
    the rest).
    """
    rows = [
        {"cells": [column.cell(obj, now) for column in columns], **_included(obj, include)}
        for obj in objects
    ]
    # Kinds without columns of their own, which show a date, have a null where others have no rows.
    unprinted = columns[-1].type == "date"
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": dict(list_meta),
        "columnDefinitions": [column.definition() for column in columns] if headers else None,
        "rows": None if unprinted and not rows else rows,
    }


def _included(obj: Obj, include: str) -> Obj:
    match include:
        case "None":
            return {"object": None}
        case "Object":
            return {"object": obj}
        case _:
            return {
                "object": {
                    "kind": "PartialObjectMetadata",
                    "apiVersion": "meta.k8s.io/v1",
                    "metadata": obj["metadata"],
                }
            }
