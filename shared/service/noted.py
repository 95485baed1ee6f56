"""What the scaler notes on a Deployment for others: how long the longest request took. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from shared.service import names
from shared.service.objects import annotations_of

if TYPE_CHECKING:
    from shared.service.objects import Obj

LONGEST: Final = "longest_request_s"
"""The field of the annotation `names.SCALER_DECISION`."""


def longest_request(deployment: Obj | None) -> float:
    """Seconds of the longest request that was seen; 0 if it is not known."""
    text = annotations_of(deployment).get(names.SCALER_DECISION, "")
    try:
        noted = orjson.loads(text)[LONGEST]
    except (ValueError, KeyError, TypeError):
        return 0.0
    is_number = isinstance(noted, int | float) and not isinstance(noted, bool)
    return max(0.0, float(noted)) if is_number else 0.0
