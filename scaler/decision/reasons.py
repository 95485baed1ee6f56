"""Names of reasons and limits that both policies give, as an HPA of Kubernetes 1.36 does. Pure."""

from __future__ import annotations

from typing import Final

ABOVE_MAXIMUM: Final = "Current number of replicas above Spec.MaxReplicas"
BELOW_MINIMUM: Final = "Current number of replicas below Spec.MinReplicas"

WITHIN_RANGE: Final = "DesiredWithinRange"
TOO_FEW: Final = "TooFewReplicas"
TOO_MANY: Final = "TooManyReplicas"
UP_LIMIT: Final = "ScaleUpLimit"
DOWN_LIMIT: Final = "ScaleDownLimit"
