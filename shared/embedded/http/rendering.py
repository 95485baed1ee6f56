"""Answers as bytes: single objects, lists and streams, as JSON objects, Tables or metadata. Pure.

Called by verbs, watches and subresources; the time that ages are counted to is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from shared.embedded import declarations, tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.embedded.api.listing import Page
    from shared.embedded.api.watching import Event
    from shared.embedded.http.media import Form
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj


def one(kind: Kind, obj: Obj, form: Form, include: str, now: float) -> bytes:
    """A single object in the form asked for."""
    if form == "table" and obj["kind"] == kind.kind:
        version = obj["metadata"].get("resourceVersion", "")
        columns = declarations.of(kind).columns
        return orjson.dumps(
            tables.render(columns, [obj], {"resourceVersion": version}, include, now=now)
        )
    return orjson.dumps(_partial(obj) if form == "metadata" else obj)


def page(kind: Kind, found: Page, form: Form, include: str, now: float) -> bytes:
    """A list of stored objects. In plain form their bytes are joined as the store has them."""
    if form == "object" and kind.hub is kind:
        raw = b",".join([entry.raw for entry in found.entries])
        return _list(kind.list_kind, kind.api_version, found.metadata(), raw)
    convert = declarations.of(kind).conversion.from_stored
    objects = [convert(entry.object) for entry in found.entries]
    return listed(kind, objects, found.metadata(), form, include, now)


def listed(
    kind: Kind, objects: Sequence[Obj], metadata: Obj, form: Form, include: str, now: float
) -> bytes:
    """A list of any objects."""
    if form == "table":
        columns = declarations.of(kind).columns
        return orjson.dumps(tables.render(columns, objects, metadata, include, now=now))
    if form == "metadata":
        raw = b",".join(orjson.dumps(_partial(obj)) for obj in objects)
        return _list("PartialObjectMetadataList", "meta.k8s.io/v1", metadata, raw)
    raw = b",".join(orjson.dumps(_bare(obj)) for obj in objects)
    return _list(kind.list_kind, kind.api_version, metadata, raw)


class EventWriter:
    """Turns the events of one watch into lines; the first Table alone carries the columns."""

    def __init__(self, kind: Kind, form: Form, include: str) -> None:
        self._kind = kind
        self._declared = declarations.of(kind)
        self._form = form
        self._include = include
        self._headers = True

    def lines(self, events: Sequence[Event], now: float) -> bytes:
        if self._form == "object":
            return b"".join([event.line(self._kind) for event in events])
        return b"".join([self._line(event, now) for event in events])

    def _line(self, event: Event, now: float) -> bytes:
        if event.type == "ERROR":
            return event.line(self._kind)
        obj = event.object
        if event.entry:
            obj = self._declared.conversion.from_stored(obj)
        if self._form == "metadata":
            shown = _partial(obj)
        else:
            metadata = {"resourceVersion": obj["metadata"]["resourceVersion"]}
            rows = [obj] if event.entry else []
            shown = tables.render(
                self._declared.columns,
                rows,
                metadata,
                self._include,
                now=now,
                headers=self._headers,
            )
            self._headers = False
        return orjson.dumps({"type": event.type, "object": shown}) + b"\n"


def _list(kind: str, api_version: str, metadata: Obj, items: bytes) -> bytes:
    head = orjson.dumps({"kind": kind, "apiVersion": api_version, "metadata": metadata})
    return b'%s,"items":[%s]}\n' % (head[:-1], items)


def _bare(obj: Obj) -> Obj:
    """Items of a list do not repeat the type that the list names."""
    return {key: value for key, value in obj.items() if key not in ("kind", "apiVersion")}


def _partial(obj: Obj) -> Obj:
    head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    return {**head, "metadata": obj["metadata"]}
