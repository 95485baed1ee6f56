"""The list–watch protocol as a state machine without I/O.

It says which request comes next (a page of a list, or a watch from a resourceVersion) and turns
answers into changes. Source: Kubernetes API concepts, "Efficient detection of changes". What it
takes care of: a list comes in pages; bookmarks move the version on; 410 means list again; what was
deleted during a gap is found by comparing the new list with what was known.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from shared.kube.backoff import Failures
from shared.kube.changes import Change, Key, key_of
from shared.kube.errors import Expired, Invalid, KubeError, Unreachable, from_status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.service.objects import Obj

log = logging.getLogger(__name__)

BRIEF: Final = 1.0
"""Seconds; a watch that ends sooner and said nothing is a failure, so that back-off applies."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """Ask for a page of the list; `token` continues the one before."""

    token: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """Ask for what happens after `resource_version`."""

    resource_version: str


class Reflector:
    """Ask `request`, feed the answer to `listed`, `event`, `ended` or `failed`, and so on for ever.

    Changes are in `cache` when they are returned. `keep` says what of an object goes there.
    """

    def __init__(self, keep: Callable[[Obj], Obj] | None = None) -> None:
        self._keep = keep
        self.cache: dict[Key, Obj] = {}
        self.request: ListPage | Watch = ListPage()
        self._pages: dict[Key, Obj] = {}
        self._failures = Failures()

    def listed(self, page: Obj) -> list[Change]:
        """A page has come; after the last one the changes since what was known before."""
        metadata = _mapping(page, "metadata")
        for item in page.get("items") or []:
            self._pages[_key(item)] = self._trimmed(item)
        if token := metadata.get("continue"):
            self.request = ListPage(token)
            return []
        self.request = Watch(_version(page))
        self._failures.clear()
        fresh, self._pages = self._pages, {}
        return self._replaced(fresh)

    def event(self, event: Obj) -> list[Change]:
        """A watch event has come. An ERROR event is raised as the `KubeError` it stands for."""
        kind, obj = event.get("type"), _mapping(event, "object")
        if kind == "ERROR":
            raise from_status(int(obj.get("code") or 500), obj)
        if kind not in ("ADDED", "MODIFIED", "DELETED", "BOOKMARK"):
            log.warning("ignored a watch event of unknown type %.40r", kind)
            return []
        version = _version(obj)
        changes = [] if kind == "BOOKMARK" else self._changed(str(kind), obj)
        self.request = Watch(version)
        self._failures.clear()
        return changes

    def ended(self, seconds: float, events: int, jitter: float) -> float:
        """The watch ended as agreed after `seconds` and `events`; seconds to wait before the next.

        The next watch goes on where this one stopped.
        """
        if events or seconds >= BRIEF:
            self._failures.clear()
            return 0.0
        return self.failed(Unreachable("the watch ended at once and said nothing"), jitter)

    def failed(self, error: KubeError, jitter: float) -> float:
        """The request failed; seconds to wait. `jitter` is in [0, 1)."""
        if isinstance(self.request, Watch) and _needs_list(error):
            # What the list needs was not tried yet: failed watches must not delay it.
            self._failures.clear()
        if _needs_list(error):
            self.request, self._pages = ListPage(), {}
        return self._failures.delay(error, jitter)

    def _replaced(self, fresh: dict[Key, Obj]) -> list[Change]:
        known = self.cache
        gone = [Change("DELETED", known[key], known[key]) for key in known.keys() - fresh.keys()]
        news = [
            Change("MODIFIED" if key in known else "ADDED", obj, known.get(key))
            for key, obj in fresh.items()
            if key not in known or _version(known[key]) != _version(obj)
        ]
        known.clear()
        known.update(fresh)
        return gone + news

    def _changed(self, kind: str, obj: Obj) -> list[Change]:
        key, trimmed = _key(obj), self._trimmed(obj)
        if kind == "DELETED":
            old = self.cache.pop(key, None)
            return [Change("DELETED", trimmed, old)]
        old = self.cache.get(key)
        self.cache[key] = trimmed
        return [Change("MODIFIED" if old is not None else "ADDED", trimmed, old)]

    def _trimmed(self, obj: Obj) -> Obj:
        # often half of an object, and nobody here reads it
        obj["metadata"].pop("managedFields", None)
        return self._keep(obj) if self._keep else obj


def _needs_list(error: KubeError) -> bool:
    # Invalid: a continue token the server cannot read; ResourceVersionTooLarge: the server was
    # restored from a backup, or is a new one, and has never seen our version
    causes = error.details.get("causes") or []
    too_large = any(cause.get("reason") == "ResourceVersionTooLarge" for cause in causes)
    return too_large or isinstance(error, Expired | Invalid)


def _mapping(obj: Mapping[str, Any], field: str) -> Obj:
    value = obj.get(field)
    if not isinstance(value, dict):
        raise Unreachable(f"the API server sent an answer whose {field!r} is no object")
    return value


def _key(obj: Obj) -> Key:
    try:
        return key_of(obj)
    except (KeyError, TypeError, AttributeError) as error:
        raise Unreachable("the API server sent an object without a name") from error


def _version(obj: Obj) -> str:
    version = _mapping(obj, "metadata").get("resourceVersion")
    if not isinstance(version, str) or not version:
        raise Unreachable("the API server sent an object without a resourceVersion")
    return version
