"""What scalers have told this gateway, as long as it knows the services. Pure.

Kept for people only: what requests need of it is in `services.state`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Container

    from shared.service.progress import Progress
    from shared.service.sizing import Leader, Sizing

KNOWN: Final = 20_000
"""Services, until `retain` says which there are."""


class Heard:
    """The last word on each service."""

    def __init__(self) -> None:
        self.progress: dict[str, Progress] = {}
        self.sizes: dict[str, Sizing] = {}
        self.leader: Leader | None = None

    def progressed(self, progress: Progress) -> None:
        """How far a start is."""
        _keep(self.progress, progress)

    def sized(self, sizing: Sizing) -> None:
        """How a service is sized."""
        _keep(self.sizes, sizing)

    def led(self, leader: Leader) -> None:
        """Who tells."""
        self.leader = leader

    def retain(self, services: Container[str]) -> None:
        """Forget all others."""
        for known in (self.progress, self.sizes):
            for gone in [name for name in known if name not in services]:
                del known[gone]


def _keep(known: dict[str, Any], told: Progress | Sizing) -> None:
    if told.service in known or len(known) < KNOWN:
        known[told.service] = told
