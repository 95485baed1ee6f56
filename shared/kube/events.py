"""Events (events.k8s.io/v1): what we tell the users of an object about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.clock import Clock, SystemClock

if TYPE_CHECKING:
    from shared.kube.client import KubeClient
    from shared.kube.resources import Obj


class EventRecorder:
    """`emit` never blocks and never fails; `run()` (a supervised task) writes what was emitted."""

    def __init__(self, kube: KubeClient, component: str, clock: Clock | None = None) -> None:
        self._kube = kube
        self._component = component
        self._clock = clock or SystemClock()

    def emit(
        self,
        regarding: Obj,
        reason: str,
        note: str,
        *,
        type: str = "Normal",  # noqa: A002  the API's word
        action: str = "",
    ) -> None:
        """Tell that `reason` (CamelCase) happened to `regarding`; `note` is for humans."""
        raise NotImplementedError

    async def run(self) -> None:
        """Write queued events for ever; failures are logged and dropped."""
        raise NotImplementedError
