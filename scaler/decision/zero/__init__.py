"""When a service goes to 0 replicas, and how it comes back; it stands around both policies. Pure.

Neither policy knows of it: a service that sleeps is not decided by them, and one that is awake is
decided as ever, until nobody has asked for it for so long as its settings say.
"""

from scaler.decision.zero.rules import ASLEEP, SLEEP, WAKE, asleep, sleep, wake
from scaler.decision.zero.use import Use, Zero, kept_awake

__all__ = ["ASLEEP", "SLEEP", "WAKE", "Use", "Zero", "asleep", "kept_awake", "sleep", "wake"]
