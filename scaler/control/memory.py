"""What the loop remembers of one service between two decisions. Pure: times are arguments."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from scaler.control.timing import TICK
from shared.runtime import spread
from shared.service.noted import NOTHING, Notes
from shared.service.sleeping import asleep_since

if TYPE_CHECKING:
    from scaler.cluster.catalog import Target
    from scaler.decision import Load, State
    from scaler.sources.quality import Judged

CACHE_LAG: Final = 10.0
"""Seconds the cache gets to show what was written; a broken watch is repaired within them."""

NOTABLE: Final = 20.0
"""Seconds of a request for which any pod has time when it ends."""
LONGER: Final = 1.2
"""By what a request must exceed the longest one noted: notes are writes."""
STARTS: Final = 9
"""Starts from 0 replicas whose median is the usual one."""

Revision = tuple[str, int]
"""resourceVersion of a service's definition, and generation of the configuration."""


@dataclass(slots=True)
class Memory:
    """Of one service; `now` is monotonic seconds throughout."""

    uid: str
    """Of the Deployment: one made anew under the same name is another."""
    state: State | None
    due: float = float("-inf")
    """When it is decided next."""
    revision: Revision = ("", 0)
    """What the last decision was made by."""
    judged: Judged | None = None
    """What was found of its samples last."""
    stored: tuple[object, ...] = ()
    """What was learnt, as the cluster knows it."""
    longest_s: float = 0.0
    """The longest request that was ever seen, in seconds; pods are given so long to end."""
    usual_s: float = 0.0
    """Seconds that a start from 0 replicas to a ready pod takes as a rule; 0: none was seen."""
    starts: tuple[float, ...] = ()
    """The last of them."""
    noted: Notes = NOTHING
    """What of these the cluster knows."""
    wakes: int = 0
    """How often somebody asked for pods: a sleep decided before the last is not written."""
    rested_on: str = ""
    """resourceVersion of the Deployment when it was last found asleep; empty while it is awake."""
    expected: int | None = None
    """Replicas the Deployment had after our last look or write; None: anything may be there."""
    written_on: str = ""
    """resourceVersion of the Deployment at the last write, which with it would be refused now."""
    wait_until: float = float("-inf")

    def is_due(self, revision: Revision, version: str, now: float) -> bool:
        """Whether its time has come, or it was last decided by another `revision`, or sleeps and
        its Deployment has changed to `version`."""
        if self.revision != revision or self.due <= now + TICK / 2:
            return True
        return bool(self.rested_on) and self.rested_on != version

    def schedule(self, name: str, period: float, revision: Revision, now: float) -> None:
        """The next decision is a period away; after the first, a share of it, to spread services.

        A service that fell behind is not made to catch up, nor does one that slept wait on.
        """
        first = self.due == float("-inf")
        share = spread.share(name) if first else 1.0
        since = now if first or self.rested_on or self.due < now - period else self.due
        self.due = since + max(period * share, TICK)
        self.revision = revision

    def saw(self, load: Load | None) -> None:
        """Keep the longest request of those that gateways tell of."""
        self.longest_s = max(self.longest_s, (load and load.longest_s) or 0.0)

    def started(self, seconds: float) -> None:
        """A start from 0 replicas took so long."""
        self.starts = (*self.starts, seconds)[-STARTS:]
        self.usual_s = median(self.starts)

    @property
    def notes(self) -> Notes:
        """What is worth noting for others."""
        return Notes(self.longest_s, self.usual_s)

    @property
    def notable(self) -> bool:
        """Whether requests or starts take so much longer than is noted that it should be told, or
        starts so much less."""
        longer = self.longest_s > max(NOTABLE, LONGER * self.noted.longest_s)
        usual, noted = self.usual_s, self.noted.usual_s
        return longer or not noted / LONGER <= usual <= noted * LONGER

    def interrupt(self) -> None:
        """The service is left alone: whatever is found after that is nobody's surprise."""
        self.expected = None
        self.state = self.state.interrupted() if self.state else None

    def unexpected(self, replicas: int) -> int | None:
        """What was expected instead of the `replicas` found, which are expected from now on."""
        expected, self.expected = self.expected, replicas
        return None if expected == replicas else expected

    def wait_for_cache(self, version: str, now: float) -> None:
        """A write with this resourceVersion was answered; the cache is to show the next one."""
        self.written_on, self.wait_until = version, now + CACHE_LAG

    def waits_for_cache(self, version: str, now: float) -> bool:
        """Whether the cache still shows `version`, from before the last write.

        Deciding early would be idle, never harmful: that write would be refused.
        """
        return version == self.written_on and now < self.wait_until

    def rests(self, version: str, until: float) -> None:
        """It was found asleep, and is looked at again when its Deployment is not this version any
        more, or `until` then."""
        self.rested_on, self.due, self.expected = version, until, 0

    def roused(self, now: float) -> None:
        """It is being woken: it is decided as soon as its pods are asked for."""
        self.rested_on, self.due = "", now

    def sleeps(self, target: Target, now: float) -> bool:
        """Whether it was put to sleep and not woken since, also where the cache lags behind."""
        if self.waits_for_cache(target.deployment["metadata"]["resourceVersion"], now):
            return self.expected == 0
        return bool(asleep_since(target.deployment))
