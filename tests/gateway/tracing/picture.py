"""`python -m tests.gateway.tracing.picture FILE`: a trace as docs/operate/tracing.md shows it.

A real one: a service without a pod is asked, its first pod breaks off, and the second one answers.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import matplotlib

from tests.gateway.harness import Pod, Wire, get
from tests.gateway.tracing.collector import followed

if TYPE_CHECKING:
    from tests.gateway.tracing.collector import Recorded

COLOURS = {
    "auth": "#4c6f9c", "queue": "#c98b2b", "connect": "#7a68a6", "first byte": "#2f8f83",
    "body": "#5a9e4b",
}  # fmt: skip


async def breaks_off(wire: Wire) -> None:
    """Take the request, and no more."""
    await wire.request()
    await asyncio.sleep(0.06)


async def streams(wire: Wire) -> None:
    """Answer after a while, in pieces."""
    await wire.request()
    await asyncio.sleep(0.12)
    await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
    for _ in range(3):
        await asyncio.sleep(0.05)
        await wire.send(b"ok")
    await wire.rest()


async def recorded() -> Recorded:
    """Ask until the pod that breaks off came first."""
    while True:
        async with followed() as f:
            wire = await f.rig.connect()
            await wire.send(get(b"/generate"))
            await f.rig.until(lambda: f.rig.state.waiting == 1)
            await asyncio.sleep(0.2)  # the pods start
            pods = [await Pod(breaks_off).start(), await Pod(streams).start()]
            f.rig.services.locate("echo", [pod.endpoint for pod in pods])
            await wire.response()
            await f.rig.balanced()
            found = await f.trace()
            for pod in pods:
                await pod.stop()
            if found["exposed.retries"]:
                return found


def draw(found: Recorded, file: str) -> None:
    """A bar for the request and for each phase, milliseconds from its beginning."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    bars = [found.request, *found.phases]
    figure, axes = pyplot.subplots(figsize=(9, 3.2), dpi=100)
    for row, bar in enumerate(bars):
        began = (bar.began - found.request.began) / 1e6
        length = (bar.ended - bar.began) / 1e6
        error = bar.attributes.get("error.type", "")
        colour = "#b3403a" if error else COLOURS.get(bar.name, "#555555")
        axes.barh(row, max(length, 0.8), left=began, color=colour, height=0.7)
        pod = bar.attributes.get("exposed.pod", "") if row else ""
        label = ", ".join(each for each in (f"{length:.1f} ms", pod, error) if each)
        axes.text(began + max(length, 0.8) + 3, row, label, va="center", fontsize=8)
    axes.set_yticks(range(len(bars)), [bar.name for bar in bars], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, (found.request.ended - found.request.began) / 1e6 * 1.35)
    axes.set_xlabel("milliseconds", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(file)


if __name__ == "__main__":
    draw(asyncio.run(recorded()), sys.argv[1])
