"""Requests in flight as a mean over some seconds, for a count at one instant is too noisy. Pure.

With arrivals at random a count scatters around its mean N by √N, and the scaler holds the highest
need of a window, so that it pays for the scatter. A gateway publishes the time for which requests
were in flight, added up; two of its answers give the mean between them, exactly, however seldom it
is asked.

In the simulator the mean takes 13 % fewer pods than the count, and serves a burst as well:
pods take longer to start than the mean to rise, and the first of them are asked for within a second
of it, when a part of the burst is in the mean. The larger of this mean and a shorter one gives most
of that back, for it is above the mean as often as chance is. Fifteen seconds instead of ten would
spare another hundredth, and be late where pods start within three.
"""

from __future__ import annotations

from collections import deque
from math import ceil
from typing import Annotated, Final

import msgspec

WINDOW_S: Final = 10.0
_ROUNDING: Final = 1e-3  # errors of floats: ten requests are not eleven
GAP_S: Final = 15.0  # answers further apart say nothing of the present
_MAX_ANSWERS: Final = 16  # answers, however quickly they come
_SKEW_S: Final = 1.0  # an answer may be on its way for so long


Whole = Annotated[int, msgspec.Meta(ge=0)]
Number = Annotated[float, msgspec.Meta(ge=0)]


class Count(msgspec.Struct, frozen=True):
    """What one gateway says of one service, as it is read from JSON.

    `request_seconds` is the integral of `in_flight` over the `seconds` for which the gateway has
    counted; None when it does not say, as with `arrivals` and `pods` (see `loads.Load`). `open` are
    requests, streams and tunnels that are not over, `idle_s` the seconds since the last ended.
    """

    in_flight: Whole
    waiting: Whole
    request_seconds: Number | None = None
    seconds: Number = 0.0
    arrivals: Number | None = None
    longest: Number = 0.0
    pods: dict[str, Whole] | None = None
    whole: bool = True
    open: Whole | None = None
    idle_s: Number | None = None


class AnswerHistory:
    """The answers of one gateway about one service, as far as the next mean needs them."""

    __slots__ = ("_answers",)

    def __init__(self) -> None:
        self._answers: deque[tuple[float, float, float]] = deque(maxlen=_MAX_ANSWERS)

    def __len__(self) -> int:
        return len(self._answers)

    def mean(self, count: Count, now: float) -> float:
        """Requests in flight over the last WINDOW_S, as of `count`, which came at `now`.

        Of a gateway that says no integral, that has just started, or that was not asked for a
        while, it is the count of this instant.
        """
        answers = self._answers
        integral, seconds = count.request_seconds, count.seconds
        if integral is None:
            answers.clear()
            return count.in_flight
        answer = now, seconds, integral
        if answers and not _follows(answers[-1], answer):
            answers.clear()
        answers.append(answer)
        while len(answers) > 2 and answers[1][1] <= seconds - WINDOW_S:
            answers.popleft()
        _, since, before = answers[0]
        return (integral - before) / (seconds - since) if seconds > since else count.in_flight


def rounded_up(mean: float) -> int:
    """A mean, of all gateways, as a number of requests: rounded up.

    Divided by a whole target and rounded up again, it calls for as many pods as the mean itself.
    """
    return ceil(mean - _ROUNDING)


def _follows(before: tuple[float, float, float], after: tuple[float, float, float]) -> bool:
    """Whether both are counts of one process: one that started anew, or another one at the same
    address, has counted for another time than has passed here."""
    passed, counted = after[0] - before[0], after[1] - before[1]
    near = 0 < passed <= GAP_S and abs(counted - passed) <= _SKEW_S
    return near and counted > 0 <= after[2] - before[2]
