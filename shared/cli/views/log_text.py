"""Lines of logs as they are printed: which pod wrote them, and when. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

import click

from shared.cli.views.text import shown

_COLOURS: Final = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green",
                   "bright_yellow", "bright_magenta", "bright_blue")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """How lines are shown."""

    prefix: bool = True
    """The name of the pod before each line."""
    timestamps: bool = False
    terminal: bool = False
    """Colours, and nothing that acts on the screen; else lines come as the pod wrote them."""


def texts(page: Mapping[str, Any], style: Style) -> Iterator[str]:
    """The lines of a page of logs."""
    for entry in page.get("entries") or ():
        pod, message = str(entry.get("pod", "")), str(entry.get("message", ""))
        stamp = f"{entry.get('timestamp')} " if style.timestamps else ""
        text = shown(message) if style.terminal else message
        yield f"{_prefix(pod, style)}{stamp}{text}"


def _prefix(pod: str, style: Style) -> str:
    if not style.prefix:
        return ""
    if not style.terminal:
        return f"{pod} | "
    colour = _COLOURS[crc32(pod.encode()) % len(_COLOURS)]  # a pod has one wherever it is shown
    return click.style(f"{pod} | ", fg=colour)
