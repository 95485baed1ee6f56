"""Health: /healthz, /livez and /readyz, each whole or one check of it. Pure.

Called by the server. It answers only once everything is put right, and ends its answers with its
last request: whoever gets one finds all checks passed.
https://kubernetes.io/docs/reference/using-api/health-checks/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from multidict import MultiMapping

_LIVE: Final = ("ping", "log", "etcd")
_CHECKS: Final = {
    "healthz": _LIVE,
    "livez": _LIVE,
    "readyz": (*_LIVE, "informer-sync", "shutdown"),
}
"""By endpoint, the checks of a real server that mean something here; `etcd` is the store."""

PATHS: Final = tuple(
    path for name, checks in _CHECKS.items()
    for path in (f"/{name}", *(f"/{name}/{check}" for check in checks))
)  # fmt: skip


def answer(path: str, query: MultiMapping[str]) -> str | None:
    """The text for a health path, or None for all others.

    `?verbose` lists the checks, `?exclude=NAME` (repeated) leaves checks out.
    """
    endpoint, slash, check = path.removeprefix("/").partition("/")
    checks = _CHECKS.get(endpoint)
    if checks is None:
        return None
    if slash:
        return "ok" if check in checks else None
    if "verbose" not in query:
        return "ok"
    return "".join(_lines(endpoint, checks, query.getall("exclude", [])))


def _lines(endpoint: str, checks: tuple[str, ...], excluded: list[str]) -> list[str]:
    lines = [f"[+]{each} excluded: ok\n" if each in excluded else f"[+]{each} ok\n"
             for each in checks]  # fmt: skip
    if unknown := sorted(set(excluded).difference(checks)):
        named = ", ".join(f'"{each}"' for each in unknown)
        lines.append(f"warn: some health checks cannot be excluded: no matches for {named}\n")
    return [*lines, f"{endpoint} check passed\n"]
