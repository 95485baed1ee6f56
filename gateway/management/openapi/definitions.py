"""A service as clients send it, and as it is answered. Pure.

Names and meanings are OSCAR's. What is read is wider than what is written: numbers for text, one
port for a list, and other spellings; what is beyond these schemas is ignored with a warning.
"""

from __future__ import annotations

from typing import Final

from gateway.management.openapi.shapes import (
    ANY,
    COUNT,
    FLAG,
    TEXT,
    Json,
    fields,
    many,
    mapping,
    ref,
    said,
    texts,
)

_PORT: Final = {"type": "integer", "minimum": 0, "maximum": 65_535}
_PORTS: Final = {"oneOf": [_PORT, many(_PORT)]}
_QUANTITY: Final = {"type": "string", "pattern": "^[0-9]+([.][0-9]+)?(m|k|M|G|Ki|Mi|Gi)?$"}
_SCALE: Final = {"type": "integer", "minimum": 0, "maximum": 10_000}
_SPAN: Final = {"oneOf": [{"type": "number", "minimum": 0, "maximum": 86_400}, TEXT]}
_VISIBILITY: Final = {"type": "string", "enum": ["private", "public", "restricted"]}
_ENVIRONMENT: Final = fields({"variables": mapping(TEXT), "secrets": mapping(TEXT)}, ())
_RATE_LIMIT: Final = fields(
    {
        "requests": said(
            {"oneOf": [{"type": "number", "minimum": 0}, TEXT]},
            "Requests a second, or as 100/m or 1000/h.",
        ),
        "burst": said(COUNT, "Requests at once after a pause; left out: as many as requests."),
        "in_flight": said(COUNT, "Requests at a time."),
        "per": {"type": "string", "enum": ["address", "service", "token"], "default": "address"},
    },
    (),
)
_EXPOSE: Final[Json] = {
    "min_scale": said(_SCALE, "Least number of pods.", default=1),
    "max_scale": said(_SCALE, "Most pods.", default=10),
    "cpu_threshold": said(
        {"type": "integer", "minimum": 0, "maximum": 1000},
        "CPU in percent of the request that the scaler aims at.",
        default=80,
    ),
    "rewrite_target": said(FLAG, "True hands the path over as it came.", default=False),
    "default_command": said(FLAG, "True runs the image's own command.", default=False),
    "set_auth": said(FLAG, "Asks every request for the token.", default=False),
    "auth_type": {"type": "string", "enum": ["basic", "forward"], "default": "basic"},
    "health_path": said(TEXT, "What the probes ask for.", default="/"),
    "probe_mode": {"type": "string", "enum": ["legacy", "direct"], "default": "legacy"},
    "timeouts": said(mapping({"type": "number"}), "Seconds: connect, first_byte, idle, …"),
    "startup_timeout": said(
        _SPAN, "Within which a container must answer after its start; 1s to 24h.", default=600
    ),
    "grace": said(
        _SPAN, "That a pod has to end, 5s to 24h; left out: by the longest request that was seen."
    ),
    "protocol": {
        "type": "string",
        "description": "What the container speaks: HTTP/1.1, HTTP/2 without TLS, or gRPC by it.",
        "enum": ["http1", "h2c", "grpc"],
        "default": "http1",
    },
    "concurrency": said(COUNT, "Requests a pod works on at a time; 0 is no limit."),
    "affinity": said(FLAG, "Keeps a client on its pod."),
    "rate_limit": said(
        {"oneOf": [_RATE_LIMIT, many(_RATE_LIMIT)]}, "Requests that are taken; more are 429."
    ),
    "scaling": said(ANY, "Settings of the scaler for this service."),
}
_VOLUME: Final[Json] = {
    "type": ["object", "null"],
    "properties": {
        "mount_path": said(TEXT, "Where the container has it."),
        "size": said(TEXT, "A quantity; the volume is made if it is missing."),
        "name": said(TEXT, "Of the volume; the service's if it has a size."),
        "lifecycle_policy": said(
            {"type": "string", "enum": ["retain", "delete", ""]},
            "Whether it goes with its service.",
            default="retain",
        ),
    },
}
_VOLUME_STATUS: Final = fields(
    {
        "enabled": FLAG,
        "name": TEXT,
        "phase": {"type": "string", "enum": ["pending", "in_use", "deleting", "error"]},
        "error": TEXT,
    },
    ("enabled",),
)
_COMMON: Final[Json] = {
    "name": {"type": "string", "pattern": "^[a-z]([-a-z0-9]{0,37}[a-z0-9])?$"},
    "image": said({"type": "string", "pattern": "^[!-~]+$"}, "The container image."),
    "script": said({"type": "string", "minLength": 1}, "The script itself."),
    "visibility": said(_VISIBILITY, "Who sees it besides its owner.", default="private"),
}

SCHEMAS: Final[Json] = {
    "Definition": fields(
        _COMMON
        | {
            "memory": said(_QUANTITY, "Of each pod.", default="256Mi"),
            "cpu": said(_QUANTITY, "Cores of each pod.", default="0.2"),
            "expose": fields(
                {
                    "api_port": said(_PORTS, "Where the container listens; the first is exposed."),
                    "nodePort": said(_PORTS, "Ports on every node, past authentication."),
                }
                | _EXPOSE,
                (),
            ),
            "environment": _ENVIRONMENT,
            "labels": mapping(TEXT),
            "annotations": mapping(TEXT),
            "image_pull_secrets": texts(),
            "allowed_users": said(texts(or_null=True), "Who sees it if it is restricted."),
            "volume": said(_VOLUME, "`mount_path` with `size`, or with `name`."),
        },
        ("name", "image", "script"),
    ),
    "Service": fields(
        _COMMON
        | {
            "image": TEXT,
            "script": TEXT,
            "memory": TEXT,
            "cpu": TEXT,
            "token": said(TEXT, "64 hexadecimal digits; password of the user `name`."),
            "namespace": TEXT,
            "owner": TEXT,
            "expose": fields(
                {
                    "api_port": said(_PORTS, "A list; a number for clients that ask for one."),
                    "nodePort": _PORTS,
                }
                | _EXPOSE,
                (),
            ),
            "environment": said(_ENVIRONMENT, "Values of secrets are blank."),
            "labels": mapping(TEXT),
            "annotations": mapping(TEXT),
            "input": said(many(ANY, or_null=True), "Kept, and of no effect; as others of OSCAR."),
            "output": many(ANY, or_null=True),
            "allowed_users": texts(or_null=True),
            "volume": said(_VOLUME, "If it has one."),
            "volume_status": _VOLUME_STATUS,
            "deployment": ref("DeploymentSummary"),
        },
        ("name", "image", "script", "memory", "cpu", "token", "namespace", "owner", "expose"),
    ),
    "ServiceList": many(ref("Service")),
}
