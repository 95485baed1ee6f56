"""How often the loop ticks, and when an answer is given up. Pure."""

from __future__ import annotations

from typing import Final

TICK: Final = 1.0
"""Seconds between ticks of the loop: the shortest period of a service."""
FETCH_TIMEOUT: Final = 5.0
"""Seconds after which a source that does not answer has failed. Ticks do not wait for it."""
