"""What a kind of source is: how it is configured and made, and how its samples come about.

Each file of a source declares its kind as `KIND`, and `scaler.sources.registry` lists them. A kind
knows nothing of the configuration document but its own section.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaler.sources.beside import ANSWER_TIMEOUT

if TYPE_CHECKING:
    import aiohttp

    from scaler.sources.samples import Sampling, Source
    from shared.kube.client import KubeClient
    from shared.service.fields import Fields
    from shared.service.spaces import Spaces


@dataclass(frozen=True, slots=True)
class Access:
    """What a source may use to get samples of the pods in `spaces`."""

    kube: KubeClient
    session: aiohttp.ClientSession
    spaces: Spaces
    nodes: Callable[[], Iterable[str]]
    """Answers the nodes that run pods."""
    patience: float = ANSWER_TIMEOUT
    """Seconds a round waits for answers; who takes longer is heard in a later one. By default all
    that will be answered is waited for, as who asks once must."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of source, by the `name` that configurations choose it with."""

    name: str
    make: Callable[[Access, Any], Source]
    """A source from what `configure` answered, or from None."""
    sampling: Sampling
    configure: Callable[[Fields, bool], Any] | None = None
    """Reads the options from the document's section called `name`; the flag says that the kind is
    chosen, so that it is a problem when something is missing. None: nothing is to be configured."""
    warm_up_s: float = 0.0
    """Seconds between the first two fetches after which there are samples: some sources compute
    rates from counters. 0: the first fetch has them."""
