"""The calls that let people see into a service. Pure."""

from __future__ import annotations

from typing import Final

from gateway.management.openapi.operation import Answer, Operation
from gateway.management.openapi.services import ONE

OPERATIONS: Final = (
    Operation(
        "get",
        ONE + "/description",
        "seeing",
        "Read all that is known of a service",
        {200: Answer("Definition, rollout, pods, Events, scaling; no secret.", "Description")},
        refusals=(404,),
    ),
    Operation(
        "get",
        ONE + "/deployment/events",
        "seeing",
        "Read the newest Events about a service",
        {200: Answer("The Events, the oldest first.", "Events")},
        refusals=(404,),
    ),
)
