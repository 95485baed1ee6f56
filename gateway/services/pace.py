"""How fast those who waited for a pod are let in to it, when it has just begun. Pure.

Hundreds may wait, and many an application has room for no more than five connections that it has
not accepted yet (Python's `http.server`): the kernel drops what is beyond that, and each of those
comes again after a second at the soonest. So the number of requests at a new pod grows as it
answers, and with time, for answers that take long. 500 requests are served by such an application
in half a second then, and not within ten.
"""

from __future__ import annotations

from typing import Final

FIRST: Final = 8
"""Requests at a pod that has answered none."""
ANSWERS: Final = 16
"""Answers after which it may have one more."""
GROWTH: Final = 100.0
"""Further ones, a second."""


def window(answers: int, age: float) -> int:
    """Requests that may be at a pod which has answered so many, `age` seconds after the first of
    those who waited was let in."""
    return FIRST + answers // ANSWERS + int(GROWTH * age)
