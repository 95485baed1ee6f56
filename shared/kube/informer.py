"""A live copy of one collection of objects: list, watch, and say what changed."""

from __future__ import annotations

import asyncio
import random as _random
from typing import TYPE_CHECKING

from shared.clock import Clock, SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.kube.changes import Change, Key
    from shared.kube.client import KubeClient
    from shared.kube.resources import Obj, Resource


class Informer:
    """Keeps `cache` equal to the collection; start `run()` as a supervised task.

    `on_change` is called after the cache holds the change. If it raises, that is logged and counted
    in `callback_errors`, and the informer goes on: the cache is right, and one poisonous object
    must not blind the process to all others.
    """

    def __init__(
        self,
        kube: KubeClient,
        resource: Resource,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        on_change: Callable[[Change], None] | None = None,
        clock: Clock | None = None,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._kube = kube
        self.resource = resource
        self.namespace = namespace
        self._clock = clock or SystemClock()
        self.synced = asyncio.Event()
        self.last_contact = float("-inf")  # monotonic seconds of the last word from the server
        self.callback_errors = 0

    @property
    def cache(self) -> Mapping[Key, Obj]:
        """(namespace, name) → object, without managedFields; read-only."""
        raise NotImplementedError

    async def run(self) -> None:
        """List and watch for ever; ends by cancellation only."""
        raise NotImplementedError
