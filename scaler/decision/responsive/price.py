"""What a request costs in CPU, from those that end (policy `responsive`). Pure."""

from __future__ import annotations

from shared.service.values import value

_FORGET = 0.98  # weight of a sample's price after the next one
_ONE = 1 / 15  # a request a sample


@value
class Price:
    """What a request takes, by those that end: the CPU of samples (milliCPU) over the requests that
    ended in a second of them, both summed with forgetting.

    Rougher than the fit, for it counts what is used without requests too, and ends scatter more
    than beginnings. But it is right from the first sample on, and of pods at their limit.
    """

    used_m: float = 0.0
    ended: float = 0.0

    @property
    def cost_m(self) -> float:
        """MilliCPU-seconds of a request; 0: none was seen to end."""
        return self.used_m / self.ended if self.ended else 0.0

    @property
    def careful_m(self) -> float:
        """The same with a request more in each sample: the first ones may be dear by chance."""
        return self.used_m / (self.ended + _ONE)

    def learn(self, ended: float, used_m: float) -> Price:
        """The price after a sample in which so many requests ended a second."""
        if not ended:
            return self
        return Price(_FORGET * self.used_m + used_m, _FORGET * self.ended + ended)
