"""Where a pod is asked whether it is ready. Pure.

The node asks there by the probes of the pod, and the gateway, which is sooner where somebody waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.service import names

if TYPE_CHECKING:
    from shared.service.model import Expose


def probe_path(service: str, expose: Expose) -> str:
    """The path of the probes of `service`, as its pods see it."""
    if expose.rewrite_target and expose.probe_mode != "direct":
        return names.base_path(service) + expose.health_path
    return expose.health_path
