"""Which pod gets the next request: of two chosen at random, the one with less to do.

The power of two choices (Mitzenmacher, 2001) needs no scan and does not herd onto the least loaded
pod. Pods that fail are left out for a growing pause (`outliers`); new pods grow into their share
(slow start).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.services import outliers, pairs, panic
from gateway.services.backend import Backend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gateway.limits import Limits
    from gateway.services.pairs import Pair
    from gateway.services.spec import Endpoint

LEAST_SHARE: Final = 0.1
"""Share of requests that a pod gets at the very start of its slow start."""
EARLY: Final = 30.0
"""Seconds in which the cluster must agree that a pod is ready which is used already: by far longer
than the period of its probes."""


class Balancer:
    """The pods of one service. `random` answers floats in [0, 1)."""

    __slots__ = (
        "_even",
        "_limits",
        "_out",
        "_random",
        "backends",
        "candidates",
        "early",
        "held",
        "pairs",
        "settled",
    )

    def __init__(self, limits: Limits, random: Callable[[], float]) -> None:
        self._limits = limits
        self._random = random
        self.backends: dict[tuple[str, int], Backend] = {}
        """All pods that stand in the service's EndpointSlices."""
        self.candidates: list[Backend] = []
        """Those that may be given a request now."""
        self.settled = True
        """No pod is new, ejected or held, so that `refresh` has nothing to do."""
        self.held = 0
        """Pods that are gone on with though none is ready."""
        self.early = 0
        """Pods that are used before the cluster says that they are ready."""
        self._out = 0
        """Pods that are left out."""
        self._even = False
        """All candidates have the same share."""
        self.pairs: Iterator[Pair] = iter(())
        """Two of the candidates for each request; ends when they change, or should be drawn anew.
        Of a pair the one with less to do is as good a choice as `pick` is without a limit."""

    def update(self, endpoints: Iterable[Endpoint], now: float) -> list[Backend]:
        """Take over the service's endpoints; the answer is the pods that left the choice.

        A pod that returns with the same address keeps its books; that it is ready again ends its
        pause.
        """
        first = not self.backends
        wanted = {(one.address, one.port): one for one in endpoints}
        left = [self._leave(key) for key in self.backends.keys() - wanted.keys()]
        for key, endpoint in wanted.items():
            backend = self.backends.get(key)
            if backend is None or backend.endpoint.pod != endpoint.pod:
                if backend is not None:
                    left.append(self._leave(key))
                grown = first and endpoint.usable
                born = now - self._limits.slow_start if grown else now
                backend = self.backends[key] = Backend(endpoint, born)
            elif endpoint.usable and backend.leaving:
                backend.born = now
                backend.clear()
            elif endpoint.usable and backend.held:
                backend.born = now - self._limits.slow_start  # it has never stopped serving
            elif not endpoint.usable and not backend.leaving and not _is_kept(backend):
                backend.born = now
            if backend.endpoint.ready and not endpoint.ready:
                backend.unready_since, backend.trusted = now, _at_work(backend, now)
            elif endpoint.ready:
                backend.unready_since = backend.early = 0.0
            backend.endpoint = endpoint
        was = [one for one in self.backends.values() if not one.leaving]
        self._hold(now)
        self.refresh(now)
        return left + [one for one in was if one.leaving]

    def _hold(self, now: float) -> None:
        """Settle which pods may get requests: the ready ones, or those that are held."""
        pods = self.backends.values()
        goes_on = panic.together(pods, now, self._limits.unready)
        self.held = self.early = 0
        for one in pods:
            running = not one.endpoint.terminating
            one.held = goes_on and one.trusted and running
            if 0.0 < one.early <= now or not running:
                one.early = -1.0
            one.leaving = not one.endpoint.usable and not _is_kept(one)
            self.held += one.held
            self.early += one.early > 0.0

    def starting(self) -> list[Backend]:
        """Pods that run and were never ready, and have not failed us when they were used early."""
        return [one for one in self.backends.values() if _starts(one)]

    def trust(self, backend: Backend, now: float) -> bool:
        """Use a pod of those `starting`, for EARLY at most until the cluster says that it is ready;
        False when it is none of them any more."""
        if self.backends.get((backend.endpoint.address, backend.endpoint.port)) is not backend:
            return False
        if not _starts(backend):
            return False
        backend.early, backend.born = now + EARLY, now
        backend.clear()
        self._hold(now)
        self.refresh(now)
        return True

    def unready_for(self, now: float) -> float | None:
        """Seconds for which a pod has run without being ready; None when no pod does."""
        born = [
            one.born
            for one in self.backends.values()
            if not one.endpoint.ready and not one.endpoint.terminating
        ]
        return now - min(born) if born else None

    def _leave(self, key: tuple[str, int]) -> Backend:
        backend = self.backends.pop(key)
        backend.leaving = True
        return backend

    def refresh(self, now: float) -> None:
        """Let ejected pods return, new pods grow and held ones go in time; run some ten times a
        second."""
        if self.held or self.early:
            self._hold(now)
        self.settled = not self.held and not self.early
        ready = []
        ejected = []
        for backend in self.backends.values():
            if backend.leaving:
                continue
            if backend.ejected_until > now:
                ejected.append(backend)
            else:
                backend.ejected_until = 0.0
                backend.accused = 0
                backend.penalty = 1.0 if backend.held else self._penalty(now - backend.born)
                ready.append(backend)
        candidates = ready or ejected  # sick pods are better than none
        self._even = all(one.penalty == 1.0 for one in candidates)
        if ejected or not self._even:
            self.settled = False
        if candidates != self.candidates or not self._even:
            self.pairs = iter(())
        self._out = len(ejected)
        self.candidates = candidates

    def draw(self) -> None:
        """Draw new `pairs`, unless some pods are to get less than their share."""
        if self._even:
            self.pairs = pairs.drawn(self.candidates, self._random)

    def _penalty(self, age: float) -> float:
        window = self._limits.slow_start
        return 1.0 / max(LEAST_SHARE, age / window) if age < window else 1.0

    def pick(self, limit: int = 0) -> Backend | None:
        """The pod for one request; None when none is there or all have `limit` in flight."""
        candidates = self.candidates
        count = len(candidates)
        if count == 1:
            chosen = candidates[0]
        elif count:
            first, second = divmod(int(self._random() * count * (count - 1)), count - 1)
            chosen = candidates[first]
            other = candidates[second if second < first else second + 1]
            if (other.in_flight + 1) * other.penalty < (chosen.in_flight + 1) * chosen.penalty:
                chosen = other
        else:
            return None
        if limit and (chosen.in_flight >= limit or chosen.place is not None):
            if chosen.taken < limit:
                return chosen
            free = [one for one in candidates if one.in_flight < limit and one.taken < limit]
            return min(free, key=_load, default=None)
        return chosen

    def other(self, avoided: Iterable[Backend], limit: int = 0) -> Backend | None:
        """A pod for another try, not one of `avoided`; None when there is none.

        One that is left out is better than none, as in nginx and HAProxy: the one that has the
        least of its pause before it.
        """
        avoided = set(avoided)
        choice = [one for one in self.candidates if one not in avoided]
        chosen = min(choice, key=_load, default=None) or self._left_out(avoided)
        return chosen if chosen is None or not limit or chosen.taken < limit else None

    def _left_out(self, avoided: set[Backend]) -> Backend | None:
        every = self.backends.values() if self._out else ()
        choice = [one for one in every if not one.leaving and one not in avoided]
        return min(choice, key=_return, default=None)

    def named(self, mark: str, limit: int = 0) -> Backend | None:
        """The pod with this mark, if it may be given a request: for affinity."""
        for backend in self.candidates:
            if backend.mark == mark:
                return backend if not limit or backend.taken < limit else None
        return None

    def failed(self, backend: Backend, now: float, *, answered: bool = False) -> bool:
        """Note that a pod failed a request; True when it is left out for it.

        `answered`: it took the request, and so is excused by others that fail as it does, and when
        as many as may be are left out already. The last candidate is never left out.
        """
        backend.ailing = True
        backend.failures += 1
        if backend.held and (not answered or backend.failures >= self._limits.ejection_failures):
            backend.trusted = False  # the cluster and we agree now
            self.refresh(now)
            return False
        if backend.early > 0.0 and not answered:
            backend.early = -1.0  # the cluster knows better
            self._hold(now)
            self.refresh(now)
            return False
        if answered:
            backend.trouble = outliers.worse(backend.trouble, _answers(backend) + 1)
            self._acquit(now)
        if backend.failures < self._limits.ejection_failures or len(self.candidates) < 2:
            return False
        if backend.leaving or backend.ejected_until or (answered and not self._stands_out(backend)):
            return False
        backend.accused = backend.failures if answered else 0
        self._eject(backend, now)
        return True

    def _stands_out(self, backend: Backend) -> bool:
        """Looks at all pods, and therefore only after each so many failures."""
        least = self._limits.ejection_failures
        if backend.failures % least:
            return False
        pods = len(self.candidates) + self._out
        if self._out >= outliers.room(pods, self._limits.ejection_share):
            return False
        return outliers.stands_out(backend.failures, least, self._shares(backend))

    def _shares(self, apart: Backend | None = None) -> list[float]:
        """The shares of failures of the candidates, one set apart, that have answered."""
        others = (one for one in self.candidates if one is not apart)
        return [one.trouble for one in others if one.trouble or _answers(one)]

    def _acquit(self, now: float) -> None:
        """Let those return for whose failures the application turns out to be to blame."""
        accused = [one for one in self.backends.values() if one.accused] if self._out else []
        shares = self._shares() if accused else []
        for one in accused:
            if not outliers.stands_out(one.accused, self._limits.ejection_failures, shares):
                one.ejected_until, one.ejections, one.accused = 0.0, 0, 0
                self.refresh(now)

    def _eject(self, backend: Backend, now: float) -> None:
        doublings = outliers.remaining(backend.ejections, now - backend.returned)
        pause = min(self._limits.ejection_pause * 2.0**doublings, self._limits.ejection_longest)
        backend.ejections = min(doublings + 1, 16)
        backend.ejected_at = now
        backend.ejected_until = backend.returned = now + pause
        backend.failures = 0
        self.refresh(now)

    def succeeded(self, backend: Backend, began: float, now: float) -> bool:
        """Note a good answer of a pod that is `ailing` to a request that began at `began`; True
        when its pause ends by that. A request from before the pause proves nothing: a pod that
        ends finishes what it has."""
        backend.failures = 0
        backend.trouble = outliers.better(backend.trouble)
        back = backend.ejected_until > 0.0 and began >= backend.ejected_at
        if back:
            backend.ejected_until = 0.0
            backend.accused = 0
            backend.returned = now
            self.refresh(now)
        backend.ailing = bool(backend.trouble or backend.ejected_until)
        return back

    def __repr__(self) -> str:
        return f"<Balancer {list(self.backends.values())!r}>"


def _at_work(backend: Backend, now: float) -> bool:
    return not backend.ejected_until and panic.at_work(
        answers=_answers(backend),
        failures=backend.failures,
        connected=bool(backend.idle or backend.shared or backend.in_flight),
        silent=now - backend.released,
    )


def _is_kept(backend: Backend) -> bool:
    """Whether it is used though the cluster does not say that it is ready."""
    return backend.held or backend.early > 0.0


def _starts(backend: Backend) -> bool:
    endpoint = backend.endpoint
    waits = not endpoint.ready and not endpoint.terminating
    return waits and backend.early == 0.0 and not backend.unready_since


def _load(backend: Backend) -> float:
    return (backend.in_flight + 1) * backend.penalty


def _answers(backend: Backend) -> int:
    return backend.asked - backend.in_flight


def _return(backend: Backend) -> float:
    return backend.ejected_until
