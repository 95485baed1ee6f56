"""The kinds of sources, for the configuration, the fetcher, `explain` and the simulator.

A new source is a file beside this one, which declares its `KIND`, and its entry here.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from scaler.sources import kubelet, metrics_api, prometheus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaler.sources.kind import Kind


def by_name(*kinds: Kind) -> Mapping[str, Kind]:
    """The kinds by their names; raises ValueError when two of them share one."""
    found = {kind.name: kind for kind in kinds}
    if len(found) != len(kinds):
        raise ValueError(f"two kinds of source have one name: {[kind.name for kind in kinds]}")
    return MappingProxyType(found)


KINDS: Final = by_name(metrics_api.KIND, kubelet.KIND, prometheus.KIND)


def kind_of(name: str) -> Kind:
    """The kind called `name`; raises ValueError with the known names."""
    if name not in KINDS:
        raise ValueError(f"{name!r} is no kind of source; known are {', '.join(KINDS)}")
    return KINDS[name]
