"""The call that takes a service over from an OSCAR manager. Pure."""

from __future__ import annotations

from typing import Final

from gateway.management.openapi.operation import FLAG, Answer, Operation, Query
from gateway.management.openapi.services import ONE
from gateway.management.openapi.shapes import FLAG as SWITCH
from gateway.management.openapi.shapes import TEXT, Json, fields, said, texts

OPERATIONS: Final = (
    Operation(
        "post",
        ONE + "/adopt",
        "lifecycle",
        "Take a service over from the OSCAR manager that made it",
        {200: Answer("What was done, and what of the manager's stays.", "Adoption")},
        description="No pod restarts. Asked again, it goes on where it was cut off.",
        query=(
            Query("dry_run", "Only say what would be done.", FLAG),
            Query("remove_hpa", "Remove its HorizontalPodAutoscaler.", FLAG),
            Query("remove_ingress", "Remove its Ingress or HTTPRoute.", FLAG),
        ),
        refusals=(404, 409),
    ),
)

SCHEMAS: Final[Json] = {
    "Adoption": fields(
        {
            "service_name": TEXT,
            "namespace": TEXT,
            "dry_run": SWITCH,
            "steps": said(texts(), "In their order; none when nothing was to be done."),
            "left": said(texts(), "What of the manager's stays, and how it goes."),
        }
    ),
}
