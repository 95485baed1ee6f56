"""The page of a service that has no ready pod: what happens to it, how far it is, and since when.

Shown by `responses` to a browser in place of a blank page, whether the service slept, is new, or
starts anew. What happens is told by the scaler; without its word the page says what the gateway
sees itself. Pure.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.protocol import pages
from gateway.protocol.reasons import REASONS
from shared.service.durations import shown as span
from shared.service.progress import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.service.progress import Progress

REASON: Final = "starting"
STEPS: Final = (
    "Asking for a pod",
    "Finding a node with room",
    "Fetching the image",
    "Loading the application",
    "Opening it",
)


class _Shown(NamedTuple):
    """How a phase is shown: the heading, the step that is under way, and what can be done if the
    start does not go on by itself."""

    title: str
    step: int
    remedy: str = ""


_SHOWN: Final[dict[Phase, _Shown]] = {
    Phase.ASLEEP: _Shown("{service} is waking up", 0),
    Phase.WAKING: _Shown("{service} is waking up", 0),
    Phase.SCHEDULING: _Shown("{service} is starting", 1),
    Phase.PULLING: _Shown("{service} is starting", 2),
    Phase.STARTING: _Shown("{service} is starting", 3),
    Phase.READY: _Shown("{service} is ready", 4),
    Phase.UNSCHEDULABLE: _Shown(
        "There is no room for {service}",
        1,
        "It starts by itself once a node has room: give the cluster more, or let the service ask "
        "for less cpu, memory or GPUs.",
    ),
    Phase.CRASHING: _Shown(
        "{service} does not come up",
        3,
        "It is tried again and again; its log says why it ended: "
        "GET /system/services/{service}/deployment/logs.",
    ),
    Phase.STOPPED: _Shown(
        "{service} is stopped", 0, "Start it: POST /system/services/{service}/start."
    ),
    Phase.DISABLED: _Shown(
        "{service} has no pods", 0, "Start it: POST /system/services/{service}/start."
    ),
}


def page(
    progress: Progress | None,
    service: str,
    seconds: float,
    *,
    detail: str = "",
    request_id: str = "",
    looks: bool = True,
) -> bytes:
    """The page of `service`, for which requests have found no ready pod for `seconds`.

    `detail` is what the gateway sees, in place of a `progress` that the scaler has not told;
    `looks`: the page looks again by itself, as a browser shows it in place of the application.
    """
    shown = _SHOWN[progress.phase if progress is not None else Phase.STARTING]
    facts = {"service": service}
    remedy = shown.remedy or REASONS[REASON].remedy
    return pages.frame(
        shown.title.format_map(facts),
        _lead(service, detail) if progress is None else _steps(shown, progress.words),
        _so_far(seconds, progress.usual_s if progress is not None else None),
        "<p>This page opens the application by itself as soon as it is ready.</p>\n"
        if looks
        else "",
        pages.to_do(remedy.format_map(facts)),
        foot=f"503 Service Unavailable · {REASON}{pages.named(request_id)}",
        reason=REASON if looks else "",
        phase=progress.phase if progress is not None else "",
        pause=_pause(progress, seconds),
    )


def _pause(progress: Progress | None, seconds: float) -> float:
    """Until the next look; a pod that is ready is known to the gateway in a moment."""
    if progress is not None and progress.phase is Phase.READY:
        return pages.SOONEST
    return pages.next_look(seconds, (progress.usual_s or 0.0) if progress is not None else 0.0)


def _lead(service: str, detail: str) -> str:
    said = REASONS[REASON].error.format_map({"service": service, "detail": detail})
    return f"<p>{escape(said)}</p>\n"


def _steps(shown: _Shown, words: str) -> str:
    """All steps of a start, with `words` on the one that is under way."""
    return f'<ol aria-label="Steps of the start">\n{"".join(_items(shown, words))}</ol>\n'


def _items(shown: _Shown, words: str) -> Iterator[str]:
    more = f"<small>{escape(words)}</small>" if words else ""
    for number, step in enumerate(STEPS):
        if number < shown.step:
            yield f'<li class="done">{step}</li>\n'
        elif number > shown.step:
            yield f"<li>{step}</li>\n"
        else:
            kind = ' class="bad"' if shown.remedy else ""
            yield f'<li{kind} aria-current="step">{step}{more}</li>\n'


def _so_far(seconds: float, usual: float | None) -> str:
    """A bar that fills within the `usual` seconds of a start; one that only moves if those are not
    known."""
    waited = f'<span id="waited">{seconds:.0f}</span> s so far'
    if not usual:
        return f'<progress aria-label="Start of the service"></progress>\n<p>{waited}.</p>\n'
    hidden = "" if seconds > usual else " hidden"
    return (
        f'<progress aria-label="Start of the service" max="{usual:.1f}" value="{seconds:.0f}">'
        f"</progress>\n<p>{waited}; usually it takes {span(usual)}."
        f'<span id="late"{hidden}> This is longer than usual.</span></p>\n'
    )
