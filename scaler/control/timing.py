"""How often the loop ticks, and how long a tick may wait for samples. Pure."""

from __future__ import annotations

from typing import Final

TICK: Final = 1.0
"""Seconds between ticks of the loop: the shortest period of a service."""
FETCH_TIMEOUT: Final = 5.0
"""Seconds a tick waits for its samples: changed bounds must act even when no source answers."""
