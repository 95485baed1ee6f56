"""The table of the layout: which rooms there are, in which order, and what holds for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Order = tuple[tuple[str, ...], ...]
"""Rooms from the lowest step to the highest. `name/` is a folder, `name` a file. A room may import
those of lower steps; rooms of one step know nothing of each other."""


@dataclass(frozen=True)
class Layout:
    """What the rules hold a tree of sources to. Names are dotted."""

    order: Mapping[str, Order]
    """By package; the empty name is the repository."""
    walled: tuple[str, ...] = ()
    """Programs of their own: they and their siblings import nothing of each other."""
    pure: tuple[str, ...] = ()
    """Rooms and modules that are pure, beside those whose docstring says so."""
    entry_only: tuple[str, ...] = ()
    """Only modules `__main__` import these from outside."""
    speakers: Mapping[str, str] = field(default_factory=dict)
    """Libraries that only one module imports."""
    unmirrored: Mapping[str, str] = field(default_factory=dict)
    """Folders of tests that mirror no room, and why."""


LAYOUT = Layout(
    order={
        "": (("shared/",), ("gateway/", "scaler/")),
        "gateway": (
            ("troubles", "sharing/"),
            ("limits", "memory", "stats", "access_log"),
            ("protocol/", "net/"),
            ("services/", "http2/"),
            ("routing/", "cluster/", "tracing/"),
            ("settings",),
            ("dataplane/", "admin/", "management/"),
            ("traces",),
            ("process",),
            ("workers",),
            ("__main__",),
        ),
        "gateway.dataplane": (
            ("context", "flow", "sending", "turns"),
            ("roles",),
            (
                "connections",
                "headless",
                "limiting",
                "pool",
                "tunnel",
                "upload",
                "upstream",
                "waiting",
            ),
            ("carriers",),
            ("client", "connect", "accepting", "probing"),
            ("placement", "handshake", "multiplexed"),
            ("troubles",),
            ("record",),
            ("ending",),
            ("exchange",),
            ("straight",),
            ("traced",),
            ("server",),
            ("drain",),
        ),
        "gateway.management": (
            ("problems", "metrics"),
            ("access/", "objects/"),
            ("store/",),
            ("answers/", "openapi/"),
            ("calls/",),
            ("settings",),
            ("app",),
            ("process",),
            ("__main__",),
        ),
        "scaler": (
            ("decision/",),
            ("sources/",),
            ("config/", "cluster/"),
            ("control/",),
            ("report/", "simulator/"),
            ("commands/",),
            ("__main__",),
        ),
        "shared": (("service/", "runtime/"), ("kube/", "embedded/", "cli/")),
        "shared.cli": (
            ("exits", "output"),
            ("connection/",),
            ("client", "handover", "together"),
            ("documents/", "rollout", "views/"),
            ("local/",),
            ("commands/",),
            ("__main__",),
        ),
        "shared.embedded": (
            ("kind", "files"),
            ("kinds",),
            ("errors",),
            ("schema/",),
            ("tables/", "validation/", "access/"),
            ("declarations",),
            ("storage/",),
            ("api/",),
            ("streaming/",),
            ("controllers/", "http/"),
            ("node/",),
            ("recovery",),
            ("cluster",),
            ("__main__",),
        ),
    },
    walled=("gateway.management",),
    pure=(
        "gateway.protocol",
        "gateway.routing",
        "gateway.services.admission",
        "gateway.services.backend",
        "gateway.services.balancer",
        "gateway.services.pairs",
        "gateway.services.retry",
        "gateway.services.route",
        "gateway.services.spec",
        "scaler.decision",
        "scaler.sources.in_flight",
        "shared.kube.changes",
        "shared.kube.errors",
        "shared.kube.lines",
        "shared.kube.reflector",
        "shared.kube.remedy",
        "shared.kube.resources",
        "shared.kube.series",
        "shared.kube.times",
        "shared.service",
        "shared.embedded.schema",
        "shared.embedded.tables",
        "shared.embedded.validation",
    ),
    entry_only=("shared.embedded",),
    speakers={"kubernetes_asyncio": "shared.kube.library"},
    unmirrored={"tests/shared/embedded/kubectl": "kubectl speaks to all rooms at once"},
)
