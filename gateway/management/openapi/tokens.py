"""The call that gives a service a new token. Pure."""

from __future__ import annotations

from typing import Final

from gateway.management.openapi.operation import Answer, Operation
from gateway.management.openapi.services import ONE

OPERATIONS: Final = (
    Operation(
        "post",
        ONE + "/token",
        "lifecycle",
        "Give a new token",
        {200: Answer("The new token; the one before is good no more.", "NewToken")},
        description="An extension of OSCAR's API. Pods get it by a rollout.",
        refusals=(404, 409),
    ),
)
