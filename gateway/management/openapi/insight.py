"""The calls that let people see into a service; none of them is OSCAR's. Pure."""

from __future__ import annotations

from typing import Final

from gateway.management.openapi.operation import Answer, Operation
from gateway.management.openapi.services import ONE
from gateway.management.openapi.shapes import (
    COUNT,
    FLAG,
    TEXT,
    TIME,
    Json,
    fields,
    many,
    ref,
    said,
    texts,
)

_NUMBER_OR_NULL: Final = {"type": ["number", "null"]}
_WHOLE_OR_NULL: Final = {"type": ["integer", "null"]}
_CONDITION: Final = fields(
    {
        "type": TEXT,
        "status": TEXT,
        "reason": TEXT,
        "message": TEXT,
        "last_transition_time": TIME,
    }
)
_ROLLOUT: Final = {
    "revision": said(_WHOLE_OR_NULL, "Of the present version."),
    "wanted": COUNT,
    "updated": said(COUNT, "Pods of the present version."),
    "old": said(COUNT, "Pods of earlier ones."),
    "ready": COUNT,
    "available": COUNT,
    "complete": said(FLAG, "As `kubectl rollout status` has it."),
    "conditions": many(_CONDITION),
}
_POD: Final = fields(
    {
        "name": TEXT,
        "ready": FLAG,
        "state": said(TEXT, "The word that `kubectl get pods` has for it."),
        "reason": said(TEXT, "What keeps it from serving."),
        "restarts": COUNT,
        "last_end": said(
            {"type": ["object", "null"]}, "How the run before ended: time, reason, exit_code."
        ),
        "created": TIME,
        "node": TEXT,
        "revision": _WHOLE_OR_NULL,
        "cpu": said(_NUMBER_OR_NULL, "Cores that it uses, if that is measured."),
        "memory": said(_WHOLE_OR_NULL, "Bytes."),
    }
)
_EVENT: Final = fields(
    {
        "id": said(TEXT, "With `count`, tells what was seen."),
        "time": TEXT,
        "type": {"type": "string", "enum": ["Normal", "Warning"]},
        "reason": TEXT,
        "object": said(TEXT, "Kind and name."),
        "note": TEXT,
        "count": COUNT,
        "source": TEXT,
    }
)
_NOTES: Final = said(texts(), "What could not be read, and how to grant it.")

SCHEMAS: Final[Json] = {
    "Description": fields(
        {
            "service_name": TEXT,
            "namespace": TEXT,
            "time": said(TEXT, "The server's, for ages."),
            "path": said(TEXT, "Where it is exposed; empty if it is not."),
            "definition": ref("Service"),
            "deployment": ref("DeploymentSummary"),
            "rollout": {"oneOf": [fields(_ROLLOUT), {"type": "null"}]},
            "pods": many(_POD),
            "pods_left_out": COUNT,
            "events": said(many(_EVENT), "The newest, the oldest of them first."),
            "scaler": said({"type": ["object", "null"]}, "What the scaler decided last."),
            "notes": _NOTES,
        }
    ),
    "Events": fields({"service_name": TEXT, "time": TEXT, "events": many(_EVENT), "notes": _NOTES}),
}

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
