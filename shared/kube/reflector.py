"""The list–watch protocol as a state machine without I/O.

It says which request comes next (a page of a list, or a watch from a resourceVersion) and turns
answers into changes. Source: Kubernetes API concepts, "Efficient detection of changes". What it
takes care of: a list comes in pages; bookmarks move the version on; 410 means list again; what was
deleted during a gap is found by comparing the new list with what was known.

A page is taken in object by object, so that its reader can stop between them: each object is as it
was or as it is now, and one is gone when the whole list has come without it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from shared.kube.backoff import Failures
from shared.kube.changes import Change, Key, key_of
from shared.kube.errors import Expired, Invalid, KubeError, Unreachable, from_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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
        self._seen: set[Key] = set()
        """What the list has brought so far."""
        self._failures = Failures()

    def listed(self, page: Obj) -> Iterator[Change | None]:
        """A page has come: a step for each of its objects, and after the last page one for each
        that is gone, with its change since what was known; None where nothing has changed.

        `request` is the next one when all steps are done.
        """
        token = _mapping(page, "metadata").get("continue")
        following = ListPage(token) if token else Watch(_version(page))
        for item in page.get("items") or []:
            key = _key(item)
            change = self._compared(key, item)
            self._seen.add(key)
            yield change
        if not token:
            for key in self.cache.keys() - self._seen:
                old = self.cache.pop(key)
                yield Change("DELETED", old, old)
            self._seen = set()
            self._failures.clear()
        self.request = following

    def event(self, event: Obj) -> Change | None:
        """A watch event has come; the change, if it is one. An ERROR event is raised as the
        `KubeError` it stands for."""
        kind, obj = event.get("type"), _mapping(event, "object")
        if kind == "ERROR":
            raise from_status(int(obj.get("code") or 500), obj)
        if kind not in ("ADDED", "MODIFIED", "DELETED", "BOOKMARK"):
            log.warning("ignored a watch event of unknown type %.40r", kind)
            return None
        version = _version(obj)
        change = None if kind == "BOOKMARK" else self._changed(str(kind), obj)
        self.request = Watch(version)
        self._failures.clear()
        return change

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
            self.request, self._seen = ListPage(), set()
        return self._failures.delay(error, jitter)

    def _compared(self, key: Key, item: Obj) -> Change | None:
        identity, old = _identity(item), self.cache.get(key)
        if old is not None and _identity(old) == identity:
            return None
        return self._put(key, self._trimmed(item))

    def _put(self, key: Key, obj: Obj) -> Change:
        old = self.cache.get(key)
        self.cache[key] = obj
        return Change("MODIFIED" if old is not None else "ADDED", obj, old)

    def _changed(self, kind: str, obj: Obj) -> Change:
        key, trimmed = _key(obj), self._trimmed(obj)
        if kind == "DELETED":
            return Change("DELETED", trimmed, self.cache.pop(key, None))
        return self._put(key, trimmed)

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


def _identity(obj: Obj) -> tuple[str, Any]:
    # a server restored from a backup, or a new one, may give the same version to another object
    return _version(obj), obj["metadata"].get("uid")


def _version(obj: Obj) -> str:
    version = _mapping(obj, "metadata").get("resourceVersion")
    if not isinstance(version, str) or not version:
        raise Unreachable("the API server sent an object without a resourceVersion")
    return version
