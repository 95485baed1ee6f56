"""How long pods have to start and to end, and a rollout to get on. Pure.

A pod that ends has time for the longest request that was seen. That time is part of the template of
the pods, so it is only learnt anew when they are made anew anyway, and in steps, of which the pods
that are there keep theirs: it never makes a rollout of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.service.noted import longest_request

if TYPE_CHECKING:
    from shared.service.model import Expose
    from shared.service.objects import Obj

PAUSE: Final = 2
"""Seconds between the pod's leaving the endpoints and SIGTERM: until every gateway knows."""
STEPS: Final = (30, 60, 120, 300, 600, 1800, 3600)
"""Seconds between the pause's begin and SIGKILL that are chosen from."""
BESIDE: Final = 600
"""Seconds of a rollout beside a pod's start, for its place and its image: Kubernetes' default."""


def progress_deadline(expose: Expose) -> int:
    """Seconds without a new pod that is ready after which a rollout has failed."""
    return expose.startup_timeout + BESIDE


def grace(expose: Expose, deployment: Obj | None, *, anew: bool = False) -> int:
    """Seconds that a pod has to end, the pause included.

    What the definition says; else what the pods of `deployment` have, or, if they are made `anew`,
    also what the longest request needs.
    """
    if expose.grace is not None:
        return expose.grace
    has = _step(_granted(deployment))
    return max(has, _step(longest_request(deployment) + PAUSE)) if anew else has


def _step(seconds: float) -> int:
    return next((step for step in STEPS if step >= seconds), STEPS[-1])


def _granted(deployment: Obj | None) -> int:
    spec = deployment["spec"]["template"]["spec"] if deployment else {}
    return int(spec.get("terminationGracePeriodSeconds") or 0)
