"""Lists: selectors, pages with continue tokens, and lists as of an earlier resourceVersion. Pure.

Called by the HTTP verbs, with the store as an argument; how a page is shown is not decided here.
https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from shared.embedded.errors import (
    StatusError,
    bad_request,
    bad_version,
    expired,
    too_large_version,
)
from shared.embedded.schema.parsing import parse_json
from shared.embedded.storage.records import CompactedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shared.embedded.kinds import Kind
    from shared.embedded.storage.records import Entry
    from shared.embedded.storage.store import Store
    from shared.service.objects import Obj

_TOKEN_VERSION: Final = "meta.k8s.io/v1"  # noqa: S105  a format, no secret
_TOO_OLD: Final = (
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True, slots=True)
class Query:
    """What a list asks for. Empty strings and a limit of 0 ask for nothing special."""

    namespace: str | None = None
    labels: Callable[[Obj], bool] | None = None
    fields: Callable[[Obj], bool] | None = None
    limit: int = 0
    token: str = ""
    version: str = ""
    match: str = ""

    def selects(self, obj: Obj) -> bool:
        return (self.labels is None or self.labels(obj)) and (
            self.fields is None or self.fields(obj)
        )


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: `token` continues the list; `remaining` is unknown when a selector is used."""

    entries: Sequence[Entry]
    version: int
    token: str = ""
    remaining: int | None = None

    def metadata(self) -> Obj:
        shown: Obj = {"resourceVersion": str(self.version)}
        if self.token:
            shown["continue"] = self.token
        if self.remaining is not None:
            shown["remainingItemCount"] = self.remaining
        return shown


def parse_version(text: str) -> int:
    """A resourceVersion, 0 for an empty one; raises as kube-apiserver does."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise bad_version(text)
    return int(text)


def check_version(store: Store, text: str) -> None:
    """Refuse to read an object as of a version that is still to come; raises 500 or 504."""
    asked = parse_version(text)
    if asked > store.version:
        raise too_large_version(asked, store.version)


def list_page(store: Store, kind: Kind, query: Query) -> Page:
    """The page of `kind` that `query` asks for; raises 400, 410 or 504 refusals."""
    version, start = _position(store, query)
    try:
        entries: Sequence[Entry] = store.entries_at(kind.bucket, query.namespace, version)
    except CompactedError as error:
        if query.token:
            raise expired(_TOO_OLD, {"continue": _token(-1, start)}) from error
        raise expired("The resourceVersion for the provided list is too old.") from error
    if start:
        entries = [entry for entry in entries if _key(entry, query) >= start]
    if query.labels or query.fields:
        entries = [entry for entry in entries if query.selects(entry.object)]
    return _cut(entries, version, query)


def _position(store: Store, query: Query) -> tuple[int, str]:
    """The version to list at, and the key to start from."""
    if query.token:
        if query.version not in ("", "0"):
            raise bad_request("specifying resource version is not allowed when using continue")
        version, start = _parse_token(query.token)
        return (store.version if version < 0 else version), start
    try:
        asked = parse_version(query.version)
    except StatusError as error:
        raise bad_request(f"invalid resource version: {error.message}") from error
    if asked > store.version:
        raise too_large_version(asked, store.version)
    # Without a match rule, a limit together with a version means exactly that version.
    exact = query.match == "Exact" or (query.limit and asked and not query.match)
    return (asked if exact else store.version), ""


def _cut(entries: Sequence[Entry], version: int, query: Query) -> Page:
    # Version 0 is answered from the server's cache, which knows no pages.
    if not query.limit or query.version == "0" or len(entries) <= query.limit:
        return Page(entries, version)
    shown = entries[: query.limit]
    selecting = query.labels is not None or query.fields is not None
    remaining = None if selecting else len(entries) - len(shown)
    return Page(shown, version, _token(version, _key(shown[-1], query) + "\0"), remaining)


def _key(entry: Entry, query: Query) -> str:
    namespace, name = entry.key
    return name if query.namespace is not None or not namespace else f"{namespace}/{name}"


def _token(version: int, start: str) -> str:
    text = orjson.dumps({"v": _TOKEN_VERSION, "rv": version, "start": start})
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _parse_token(token: str) -> tuple[int, str]:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        value = parse_json(text.decode(errors="replace").encode())
        known, version, start = value["v"], value["rv"], value["start"]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise _bad_token(str(error)) from error
    if known != _TOKEN_VERSION:
        raise _bad_token(f'server does not recognize this encoded version "{known}"')
    if not isinstance(version, int) or not isinstance(start, str) or not version:
        raise _bad_token(f"incorrect encoded start resourceVersion (version {_TOKEN_VERSION})")
    if not start:
        raise _bad_token(f"encoded start key empty (version {_TOKEN_VERSION})")
    return version, start


def _bad_token(why: str) -> StatusError:
    return bad_request(f"invalid continue token: continue key is not valid: {why}")
