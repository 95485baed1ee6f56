"""Whether the scaler may write the deletion cost of pods: it need not have that right. Pure.

The manifests grant it by the overlay `deletion-cost` alone, for it is `patch pods/status`. So the
API server is asked, once in a while and for each namespace (by a SelfSubjectAccessReview, which
every account may make), and nothing is tried that would be refused with every shrinking.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

AGAIN: Final = 600.0
"""Seconds for which an answer holds; rights change seldom."""
NOT_GRANTED: Final = (
    "pods in namespace %s may not be marked, so Kubernetes chooses which ones go when a service "
    "shrinks, idle or not; the overlay deletion-cost grants that"
)


class Marking:
    """The answers of the API server; `now` is of a monotonic clock."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[bool, float]] = {}
        """By namespace, with the end of its validity."""

    def known(self, namespace: str, now: float) -> bool | None:
        """Whether pods of `namespace` may be marked; None: that is to be asked."""
        allowed, until = self._answers.get(namespace, (False, now))
        return allowed if now < until else None

    def learn(self, namespace: str, allowed: bool, now: float) -> None:
        """An answer, or a refusal whatever had been answered; the first of its kind is logged."""
        before, _ = self._answers.get(namespace, (True, now))
        if before and not allowed:
            log.info(NOT_GRANTED, namespace)
        # Those of namespaces without a shrinking for long are forgotten.
        kept = {name: each for name, each in self._answers.items() if each[1] > now - AGAIN}
        self._answers = {**kept, namespace: (allowed, now + AGAIN)}


def question(namespace: str) -> Obj:
    """What the API server is asked."""
    asked = {"verb": "patch", "resource": "pods", "subresource": "status", "namespace": namespace}
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked},
    }


def granted(answer: Obj) -> bool:
    """What a review that was answered says."""
    return bool((answer.get("status") or {}).get("allowed"))
