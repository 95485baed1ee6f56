"""What the calls answer of services that run, and of the system. Pure."""

from __future__ import annotations

from typing import Final

from gateway.management.openapi.shapes import (
    ANY,
    COUNT,
    FLAG,
    TEXT,
    TIME,
    WHOLE,
    Json,
    fields,
    many,
    mapping,
    said,
    texts,
)

_STATES: Final = ("pending", "ready", "degraded", "failed", "asleep", "stopped", "unavailable")
_SUMMARY: Final[Json] = {
    "state": {"type": "string", "enum": list(_STATES)},
    "reason": said(TEXT, "Why pods are missing, or of what the cluster said last."),
    "last_transition_time": said(TIME, "When it last changed; of `asleep`, since when."),
    "active_instances": said(COUNT, "Pods that there are."),
    "affected_instances": said(COUNT, "Those of them that do not serve."),
    "resource_kind": {"type": "string", "enum": ["exposed_service", "unavailable"]},
}
_LINE: Final = fields(
    {
        "timestamp": said(TEXT, "RFC 3339, as the node wrote it."),
        "message": TEXT,
        "pod": said(TEXT, "Where `pods` or `after` asked for it."),
    },
    ("message",),
)
_CPU: Final = fields(
    {
        "total_free_cores": said(WHOLE, "Thousandths of a core, here and below."),
        "max_free_on_node_cores": WHOLE,
        "total_schedulable_cores": WHOLE,
        "total_schedulable_on_node_cores": WHOLE,
    }
)
_MEMORY: Final = fields(
    {
        "total_free_bytes": WHOLE,
        "max_free_on_node_bytes": WHOLE,
        "total_schedulable_bytes": WHOLE,
        "max_schedulable_on_node_bytes": WHOLE,
    }
)
_CLUSTER: Final = fields(
    {
        "nodes_count": COUNT,
        "metrics": fields({"cpu": _CPU, "memory": _MEMORY, "gpu": fields({"total_gpu": COUNT})}),
        "nodes": many(ANY),
    }
)

SCHEMAS: Final[Json] = {
    "DeploymentSummary": fields(_SUMMARY),
    "DeploymentStatus": fields({"service_name": TEXT, "namespace": TEXT} | _SUMMARY),
    "Logs": fields(
        {
            "service_name": TEXT,
            "available": FLAG,
            "message": said(TEXT, "What could not be read, and why."),
            "entries": many(_LINE),
            "next": said(TEXT, "Where the next page begins; hand it back as `after`."),
        },
        ("service_name", "available", "entries"),
    ),
    "NewToken": fields({"service_name": TEXT, "token": TEXT}),
    "Info": fields(
        {
            "version": said(TEXT, "Of the OSCAR whose contract this is."),
            "git_commit": TEXT,
            "architecture": TEXT,
            "kubernetes_version": TEXT,
            "serverless_backend": fields({"name": TEXT, "version": TEXT}),
        }
    ),
    "Config": fields(
        {
            "config": fields(
                {
                    "name": TEXT,
                    "namespace": TEXT,
                    "services_namespace": TEXT,
                    "gpu_available": FLAG,
                    "oidc_groups": texts(),
                }
            ),
            "minio_provider": said(mapping({"type": ["string", "boolean"]}), "There is none."),
            "allowed_image_repositories": texts(),
        }
    ),
    "Status": fields(
        {
            "cluster": _CLUSTER,
            "oscar": ANY,
            "minio": fields({"buckets_count": COUNT, "total_objects": COUNT}),
            "message": said(TEXT, "What is not known, and how to grant it."),
        },
        ("cluster", "oscar", "minio"),
    ),
}
