"""A snapshot as one HTML page for people: what is served, by how many pods, how busy."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from gateway.protocol.pages import PALETTE

if TYPE_CHECKING:
    from gateway.admin.snapshot import Snapshot

ROWS: Final = 500
"""Services shown; the busiest come first."""

_STYLE: Final = PALETTE + (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%}"
    "th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid var(--line)}"
    "th{border-bottom-width:2px}th:first-child,td:first-child{text-align:left}"
    ".bad{color:var(--bad);font-weight:600}"
)
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Gateway</title>
<meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">
<style>{style}</style></head><body><main>
<h1>Gateway</h1>
<p>{state} · {connections} connections · {count} services · table {stale}confirmed {age}
{invalid}</p>
<div class="wide" tabindex="0"><table><thead><tr>
<th scope="col">service<th scope="col">ready<th scope="col">new
<th scope="col">leaving<th scope="col">ejected<th scope="col">in flight<th scope="col">waiting
<th scope="col">tunnels<th scope="col">requests<th scope="col">5xx<th scope="col">pods (in flight)
</tr></thead>
<tbody>{rows}</tbody></table></div>{more}
<p><a href="metrics">metrics</a> · <a href="load">load</a> · <a href="readyz">readyz</a></p>
</main></body></html>
"""


def render(snapshot: Snapshot) -> str:
    """The page; every name in it is escaped."""
    services = snapshot["services"]
    order = sorted(services, key=lambda name: (-_busy(services[name]), name))
    hidden = len(order) - ROWS
    return _PAGE.format(
        style=_STYLE,
        state="ready" if snapshot["ready"] else _bad(f"not ready: {snapshot.get('why', '')}"),
        connections=snapshot["connections"],
        count=sum(not name.startswith("_") for name in services),
        stale=_bad("stale: the last known one, as the API server does not answer, ")
        if snapshot.get("stale")
        else "",
        age="never" if snapshot.get("age") is None else f"{snapshot['age']:.0f} s ago",
        invalid=_bad(f"{snapshot['invalid']} invalid definitions") if snapshot["invalid"] else "",
        rows="".join(_row(name, services[name]) for name in order[:ROWS]),
        more=f"<p>… and {hidden} more, less busy</p>" if hidden > 0 else "",
    )


def _busy(numbers: dict[str, Any]) -> int:
    busy: int = numbers.get("in_flight", 0) + numbers.get("waiting", 0)
    return busy


def _ready(states: dict[str, int]) -> object:
    held = states.get("held")
    return _bad(f"{held} not ready, kept") if held else states.get("ready", 0)


def _row(name: str, numbers: dict[str, Any]) -> str:
    states = numbers.get("endpoints", {})
    requests = numbers.get("requests", {})
    failures = sum(n for key, n in requests.items() if _is_failure(*key.split(" ")))
    cells = [
        escape(name),
        _ready(states),
        states.get("new", 0),
        states.get("leaving", 0),
        _bad(states["ejected"]) if states.get("ejected") else 0,
        numbers.get("in_flight", 0),
        numbers.get("waiting", 0),
        numbers.get("tunnels", 0),
        sum(requests.values()),
        failures,
        _pods(numbers.get("pods", {})),
    ]
    return "<tr>" + "".join(f"<td>{cell}" for cell in cells) + "</tr>\n"


def _is_failure(_: str, status: str, source: str) -> bool:
    """Whom a page tells that the service starts has not failed."""
    return status.startswith("5") and source != "waiting"


def _pods(pods: dict[str, dict[str, Any]]) -> str:
    shown = [_pod(label, pod) for label, pod in sorted(pods.items())[:10]]
    return " ".join(shown) + (f" +{len(pods) - 10}" if len(pods) > 10 else "")


def _pod(label: str, pod: dict[str, Any]) -> str:
    text = f"{label} ({pod['in_flight']})"
    return _bad(text) if pod["ejected"] else escape(text)


def _bad(text: object) -> str:
    return f'<span class="bad">{escape(str(text))}</span>'
