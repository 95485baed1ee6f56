"""The calls of services: OSCAR's own, with what is added to them here. Pure."""

from __future__ import annotations

from typing import Final

from gateway.management.openapi.operation import FLAG, Answer, Operation, Query

ALL: Final = "/system/services"
ONE: Final = "/system/services/{name}"

_INCLUDE: Final = Query(
    "include", "`deployment` adds the state of each.", {"type": "string", "enum": ["deployment"]}
)
_WARNED: Final = ("Warning",)
_STATE: Final = {200: Answer("The state after it.", "DeploymentStatus")}
_LIFECYCLE: Final = (404, 409)
_LOGS: Final = (
    Query(
        "tailLines",
        "At most so many lines: the newest, or with `after` the oldest beyond it. More than 1000 "
        "is 1000; what is no number is 200.",
        {"type": "integer", "default": 200},
    ),
    Query("timestamps", "Each line with its time.", FLAG),
    Query("sinceSeconds", "Only lines of the last so many seconds.", {"type": "integer"}),
    Query("previous", "The run before of each container: why it ended.", FLAG),
    Query("pods", "Each line with its pod, and the answer with `next`.", FLAG),
    Query(
        "after",
        "`start`, or `next` of an earlier answer: the lines after it, the oldest first. A page "
        "without lines is the end for now.",
    ),
)

OPERATIONS: Final = (
    Operation(
        "get",
        ALL,
        "services",
        "List services",
        {200: Answer("Those that the caller may see, by name.", "ServiceList")},
        query=(_INCLUDE,),
    ),
    Operation(
        "post",
        ALL,
        "services",
        "Create a service",
        {201: Answer("It is created; its pods start.", headers=_WARNED)},
        body="Definition",
        refusals=(408, 409, 413),
    ),
    Operation(
        "put",
        ALL,
        "services",
        "Replace a service",
        {204: Answer("It is replaced; its token stays.", headers=_WARNED)},
        description="The name is in the body, and the whole definition is replaced.",
        body="Definition",
        refusals=(404, 408, 409, 413),
    ),
    Operation(
        "get",
        ONE,
        "services",
        "Read a service",
        {200: Answer("The service with its token.", "Service")},
        query=(_INCLUDE,),
        refusals=(404,),
    ),
    Operation(
        "delete",
        ONE,
        "services",
        "Delete a service",
        {
            204: Answer(
                "It is deleted with all that belongs to it but a volume that is to stay.",
                headers=_WARNED,
            )
        },
        query=(Query("namespace", "The administrator's: delete it only if it stands there."),),
        refusals=_LIFECYCLE,
    ),
    Operation("post", ONE + "/stop", "lifecycle", "Stop all pods", _STATE, refusals=_LIFECYCLE),
    Operation(
        "post", ONE + "/start", "lifecycle", "Start as many as before", _STATE, refusals=_LIFECYCLE
    ),
    Operation(
        "post", ONE + "/restart", "lifecycle", "Replace all pods", _STATE, refusals=_LIFECYCLE
    ),
    Operation(
        "post",
        ONE + "/wake",
        "lifecycle",
        "Wake what sleeps",
        {202: Answer("The state after it; pods follow.", "DeploymentStatus")},
        description="As a request to the service would. It counts as a use of one that is awake.",
        refusals=_LIFECYCLE,
    ),
    Operation(
        "get",
        ONE + "/deployment",
        "seeing",
        "Read the state",
        {200: Answer("The state, and why pods are missing.", "DeploymentStatus")},
        refusals=(404,),
    ),
    Operation(
        "get",
        ONE + "/deployment/logs",
        "seeing",
        "Read the logs of all pods",
        {200: Answer("Lines by time.", "Logs")},
        query=_LOGS,
        refusals=(404,),
    ),
    Operation(
        "get",
        ONE + "/auth",
        "seeing",
        "Ask whether a request may pass",
        {200: Answer("It may.", headers=("Set-Cookie",))},
        description="For proxies that forward authentication: the service's token as Bearer, "
        "`?token=` or cookie, or the administrator's credentials.",
        query=(Query("token", "The service's token."),),
        refusals=(400, 401, 403, 404, 429, 500, 503),
        is_open=True,
    ),
)
