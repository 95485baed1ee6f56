"""CPU samples of pods as values, and the protocol every source of them follows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from scaler.decision.types import Sample
from shared.service.values import value


class Sampling(StrEnum):
    """How samples come about, which is what the simulator models of a source."""

    METRICS_SERVER = "metrics-server"
    """The readings of the kubelets, collected every 15 s."""
    KUBELET = "kubelet"
    """Each reading of a kubelet, as soon as it is made."""


class SourceError(Exception):
    """A source gave nothing; the message says why and what to do."""


@value
class Samples:
    """One answer of a source, for all services."""

    pods: Mapping[str, Sample]
    """By pod name: all pods of services live in one namespace."""
    malformed: int = 0
    """Entries that could not be read, and so count as missing."""
    failures: tuple[str, ...] = ()
    """Parts of the source that did not answer, for example single nodes."""


class Source(Protocol):
    """A source of CPU usage."""

    name: str

    async def fetch(self) -> Samples:
        """The newest samples of every pod. Raises SourceError when there are none to be had."""

    async def close(self) -> None:
        """Drop questions that are open between two fetches."""
