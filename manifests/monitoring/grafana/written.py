"""All dashboards as JSON, by the name of their file. Pure."""

from __future__ import annotations

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from manifests.monitoring.grafana import gateway, overview, scaler, service

_DASHBOARDS = (overview.dashboard, service.dashboard, scaler.dashboard, gateway.dashboard)


def written() -> dict[str, str]:
    """What stands in `manifests/monitoring/dashboards`."""
    built = [make() for make in _DASHBOARDS]
    return {
        f"{each.uid}.json": JSONEncoder(sort_keys=True, indent=1, ensure_ascii=False).encode(each)
        + "\n"
        for each in built
    }
