"""What the gateway counts: plain integers, raised as requests end and read at scrape time.

Label sets are bounded: methods outside `METHODS` are one label, requests to no known service are
counted under `UNKNOWN`, and a service's numbers go when the service does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from functools import partial
from typing import Any, Final

from gateway.troubles import Troubles

BOUNDS: Final = (
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75,
    1.0, 2.5, 5.0, 7.5, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0,
)  # fmt: skip
"""Upper bounds of the histograms in seconds; the first-byte time-out of 300 s lies within."""

UNKNOWN: Final = "_unknown"
"""Label of requests that match no service; `_` begins no service's name."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER: Final = "OTHER"

RefusalKey = tuple[str, int]
"""A reason of `gateway.protocol.reasons`, and its status."""

RequestKey = tuple[str, int, str]
"""Method (of METHODS or OTHER), status, and who answered: `upstream` or `gateway`; `waiting`: the
gateway, to a client that is told that the service starts, and asks again."""


class Histogram:
    """Counts of durations by BOUNDS; the last count is of those above every bound."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def snapshot(self) -> dict[str, Any]:
        """Counts and total as JSON knows them; empty when nothing was observed."""
        return {"counts": list(self.counts), "total": self.total} if any(self.counts) else {}


HISTOGRAMS: Final = ("duration", "first_byte", "queue_wait", "cold_start", "cold_first_byte")
NUMBERS: Final = (
    "ejections",
    "panics",
    "auth_failures",
    "send_timeouts",
    "bytes_in",
    "bytes_out",
    "tunnels",
    "tunnels_opened",
    "withdrawals",
    "cold_starts",
)


QUICK: Final = BOUNDS[0]
"""Seconds of the quickest answers, which are told apart no further."""

BUCKET: Final = 600.0
BUCKETS: Final = 6
"""Of seconds: `Peak` looks back for an hour, and for one bucket less at least."""


class Peak:
    """The longest request of the last hour, kept in coarse buckets.

    Who counts raises `highest`, which costs a comparison; who reads moves the buckets on.
    """

    __slots__ = ("_past", "_since", "highest")

    def __init__(self) -> None:
        self.highest = 0.0
        """Seconds, of the bucket of now."""
        self._past: tuple[float, ...] = ()
        self._since: float | None = None

    def read(self, now: float) -> float:
        """The longest of all buckets, at monotonic `now`."""
        since = self._since = now if self._since is None else self._since
        passed = int((now - since) / BUCKET)
        if passed:
            empty = (0.0,) * min(passed - 1, BUCKETS)
            self._past = (*empty, self.highest, *self._past)[: BUCKETS - 1]
            self._since = since + passed * BUCKET
            self.highest = 0.0
        return max(self.highest, *self._past, 0.0)


class ServiceStats:
    """Numbers of one service; gauges of the moment stand beside counters that only grow."""

    __slots__ = (
        "failures", "peak", "refusals", "requests", "retries", "troubles", "upstream_errors",
        "whole", "whole_later", "whole_seconds", *HISTOGRAMS, *NUMBERS,
    )  # fmt: skip

    def __init__(self) -> None:
        self.requests: dict[RequestKey, int] = {}
        self.whole: defaultdict[str, defaultdict[int, int]] = defaultdict(partial(defaultdict, int))
        """Answers of pods that came whole, by method and by status. They are counted in short: in
        no other number until they are settled, but for the bytes and the peak."""
        self.whole_later = [0] * (len(BOUNDS) + 1)
        """Those of them that were not QUICK, by BOUNDS."""
        self.whole_seconds = 0.0
        """How long they took together, to the first byte and in all."""
        self.refusals: dict[RefusalKey, int] = {}
        """Requests that the gateway answered itself because something was not as it should be."""
        self.peak = Peak()
        self.duration = Histogram()
        self.first_byte = Histogram()
        self.queue_wait = Histogram()
        self.cold_start = Histogram()
        """Of requests that had to wait for a pod, as there was none: until they had one."""
        self.cold_first_byte = Histogram()
        """Of the same: from there to the head of the pod's answer."""
        self.retries: dict[str, int] = {}
        """By the reason of `gateway.protocol.reasons` that made the first try fail."""
        self.upstream_errors: dict[str, int] = {}
        """By the reason of `gateway.protocol.reasons`."""
        self.failures: dict[str, int] = {}
        """Requests that were not answered well, by the same, or `pod_5xx`: what clients saw."""
        self.troubles = Troubles()
        self.ejections = 0
        self.panics = 0
        """Times when all pods stopped being ready at once and were gone on with."""
        self.auth_failures = 0
        self.send_timeouts = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.tunnels = 0
        """Open now."""
        self.tunnels_opened = 0
        self.withdrawals = 0
        self.cold_starts = 0
        """Times when a service that was wanted and had no pod got one."""

    def answered(self, method: str, status: int, seconds: float, first_byte: float) -> None:
        """Count a request that a pod answered; `method` is of METHODS or OTHER."""
        key = (method, status, "upstream")
        requests = self.requests
        requests[key] = requests.get(key, 0) + 1
        duration = self.duration
        duration.counts[bisect_left(BOUNDS, seconds)] += 1
        duration.total += seconds
        if seconds > self.peak.highest:
            self.peak.highest = seconds
        first = self.first_byte
        first.counts[bisect_left(BOUNDS, first_byte)] += 1
        first.total += first_byte

    def settle(self) -> None:
        """Bring what was counted in short into the numbers that are told."""
        quick = -sum(self.whole_later)
        for method, counts in self.whole.items():
            for status, count in counts.items():
                key = (method, status, "upstream")
                self.requests[key] = self.requests.get(key, 0) + count
                quick += count
        for histogram in (self.duration, self.first_byte):
            for index, count in enumerate(self.whole_later):
                histogram.counts[index] += count
            histogram.counts[0] += quick
            histogram.total += self.whole_seconds
        self.whole.clear()
        self.whole_later = [0] * len(self.whole_later)
        self.whole_seconds = 0.0

    def refused(
        self, method: str, status: int, seconds: float, source: str = "gateway", reason: str = ""
    ) -> None:
        """Count a request that the gateway answered itself, or that the client gave up (499)."""
        key = (method, status, source)
        self.requests[key] = self.requests.get(key, 0) + 1
        if reason:
            self.refusals[reason, status] = self.refusals.get((reason, status), 0) + 1
        self.duration.observe(seconds)

    def tunnel_opened(self) -> None:
        self.tunnels += 1
        self.tunnels_opened += 1

    def upstream_failed(self, reason: str) -> None:
        self.upstream_errors[reason] = self.upstream_errors.get(reason, 0) + 1

    def retried(self, reason: str) -> None:
        self.retries[reason] = self.retries.get(reason, 0) + 1

    def failed(self, reason: str) -> None:
        """Count a request that failed for its client."""
        self.failures[reason] = self.failures.get(reason, 0) + 1

    def snapshot(self) -> dict[str, Any]:
        """What is not zero, as JSON knows it, for `gateway.admin.snapshot`."""
        self.settle()
        requests = {" ".join(map(str, key)): count for key, count in self.requests.items()}
        refusals = {" ".join(map(str, key)): count for key, count in self.refusals.items()}
        histograms = {name: getattr(self, name).snapshot() for name in HISTOGRAMS}
        numbers = {name: getattr(self, name) for name in NUMBERS}
        everything = {
            "requests": requests,
            "refusals": refusals,
            "retries": dict(self.retries),
            "upstream_errors": dict(self.upstream_errors),
            "failures": dict(self.failures),
            **histograms,
            **numbers,
        }
        return {name: value for name, value in everything.items() if value}


class Stats:
    """Numbers of one gateway process."""

    def __init__(self) -> None:
        self.services: dict[str, ServiceStats] = {}
        self.connections = 0
        """Client connections open now."""
        self.connections_accepted = 0
        self.connections_refused = 0
        """Refused at once: one too many for the gateway, or for one address."""
        self.http2_accepted = 0
        """Client connections so far that speak HTTP/2."""
        self.http2_resets = 0
        """Their streams that were reset by the client, or for what it did wrong."""
        self.http2_cut = 0
        """Those that were ended for what their clients did."""
        self.rests = 0
        """How often no client was accepted for a while, for want of descriptors."""
        self.loop_lag = Histogram()

    def service(self, name: str) -> ServiceStats:
        """The numbers of service `name`, made when first asked for."""
        found = self.services.get(name)
        if found is None:
            found = self.services[name] = ServiceStats()
        return found

    def forget(self, name: str) -> None:
        """Service `name` was deleted: its series end. Requests still running keep their object."""
        self.services.pop(name, None)


def method_label(method: str) -> str:
    """The bounded label of a method."""
    return method if method in METHODS else OTHER
