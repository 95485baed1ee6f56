"""Windows over past recommendations, as Kubernetes 1.36 keeps them (horizontal.go). Pure.

Both functions return the stabilised number and the new history; a recommendation that left every
window gives its slot to the newest, so the history stays short.
"""

from __future__ import annotations

from scaler.decision.hpa.state import Recommendation

History = tuple[Recommendation, ...]


def stabilise_legacy(
    history: History, desired: int, window_s: float, now: float
) -> tuple[int, History]:
    """`behavior` unset: the highest recommendation of the window."""
    cutoff = now - window_s
    recent = [past.replicas for past in history if past.time >= cutoff]
    old = [index for index, past in enumerate(history) if past.time < cutoff]
    return max([desired, *recent]), _record(history, old, desired, now)


def stabilise(
    history: History,
    current: int,
    desired: int,
    up_window_s: float,
    down_window_s: float,
    now: float,
) -> tuple[int, History]:
    """`behavior` set: no higher than the lowest of the up window, no lower than the highest of
    the down window, else as it is."""
    up_cutoff, down_cutoff = now - up_window_s, now - down_window_s
    up = min([desired, *(past.replicas for past in history if past.time > up_cutoff)])
    down = max([desired, *(past.replicas for past in history if past.time > down_cutoff)])
    old = [i for i, past in enumerate(history) if past.time < min(up_cutoff, down_cutoff)]
    return min(max(current, up), down), _record(history, old, desired, now)


def _record(history: History, old: list[int], desired: int, now: float) -> History:
    newest = Recommendation(desired, now)
    if not old:
        return (*history, newest)
    return (*history[: old[-1]], newest, *history[old[-1] + 1 :])
