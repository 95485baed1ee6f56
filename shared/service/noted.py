"""What the scaler notes on a Deployment for others: how long requests and starts take. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from shared.service import names
from shared.service.objects import annotations_of

if TYPE_CHECKING:
    from shared.service.objects import Obj

LONGEST: Final = "longest_request_s"
"""The field of the annotation `names.SCALER_DECISION`."""
USUAL: Final = "usual_start_s"
"""The field of the same annotation."""


@dataclass(frozen=True, slots=True)
class Notes:
    """Seconds of the longest request that was seen, 0 if none was, and of a usual start from 0
    replicas to a ready pod, 0 if none was seen."""

    longest_s: float = 0.0
    usual_s: float = 0.0


NOTHING: Final = Notes()


def notes_of(deployment: Obj | None) -> Notes:
    """What is noted on a Deployment; what is not, or is wrong, counts as not seen."""
    text = annotations_of(deployment).get(names.SCALER_DECISION, "")
    try:
        body = orjson.loads(text)
        return Notes(_seconds(body.get(LONGEST)), _seconds(body.get(USUAL)))
    except (ValueError, AttributeError):
        return NOTHING


def longest_request(deployment: Obj | None) -> float:
    """Seconds of the longest request that was seen; 0 if it is not known."""
    return notes_of(deployment).longest_s


def _seconds(noted: Any) -> float:
    is_number = isinstance(noted, int | float) and not isinstance(noted, bool)
    return max(0.0, float(noted)) if is_number else 0.0
