"""The limits of a service: whether a request of some caller is taken now, and what it is told.

What a caller has used is one row of numbers (`gateway.sharing.cells`): the time by which it is paid
off (`gcra`), and how many requests each worker has of it. A row that is paid off and has none is
free, so that memory is bounded, and nothing that still counts is ever forgotten for another caller:
one for whom there is no room shares what is allowed with all others who find none. A service gets
no more than half of the rows of any set, so that those who call one leave room to the others.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Final

from gateway.protocol.reasons import Refusal
from gateway.services.gcra import Rate, rate
from gateway.sharing.cells import KIN, WAYS, Cells, size
from gateway.sharing.memory import CALLERS, key_of, private_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.sharing.memory import Memory
    from shared.service.model import RateLimit

_KIN: Final = WAYS // 2
_NANO: Final = 10**9
_BELOW: Final = (1 << KIN) - 1
_PERIODS: Final = {1: "a second", 60: "a minute", 3600: "an hour"}
_WHO: Final = {
    "address": "from one address",
    "service": "from all callers",
    "token": "by one token",
}


@dataclass(frozen=True, slots=True)
class Table:
    """Where the callers of all services stand; `secret` makes keys that they cannot foretell."""

    cells: Cells
    secret: bytes


def table(memory: Memory | None) -> Table:
    """Over all workers that share `memory`, or of one that has no others."""
    if memory is not None:
        return Table(memory.callers, memory.secret)
    return Table(private_cells(CALLERS), secrets.token_bytes(16))


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request."""

    address: str
    """Or the network that stands for it."""
    credential: bytes = b""
    """Digest of the secret in its Authorization; empty without one."""


class Permit:
    """A request that was taken; `release` it when it is over."""

    __slots__ = ("_counted", "lines")

    def __init__(self, lines: bytes, counted: Sequence[tuple[Cells, int]]) -> None:
        self.lines = lines
        """For the head of its answer."""
        self._counted = counted

    def release(self) -> None:
        """It is not in flight any more."""
        counted, self._counted = self._counted, ()
        for cells, row in counted:
            cells.mine[row] -= 1


class _Rule:
    """One limit of a service, and what its callers have used."""

    def __init__(self, limit: RateLimit, name: str, everyone: bool) -> None:
        self.limit = limit
        self.name = name
        self.everyone = everyone
        """All callers count as one."""
        self.in_flight = limit.in_flight
        self.rate: Rate | None = None
        self.policy = b""
        if limit.requests:
            self.rate = rate(limit.requests, limit.period, limit.quota)
            window = ceil(self.rate.window / _NANO)
            self.policy = b'"%b";q=%d;w=%d' % (name.encode(), self.rate.burst, window)

    def told(self, due: int, now: int) -> bytes:
        """An item of RateLimit: what is left, and seconds until all of it is there again."""
        assert self.rate is not None
        left, whole = self.rate.left(due, now), ceil(max(due - now, 0) / _NANO)
        return b'"%b";r=%d;t=%d' % (self.name.encode(), left, whole)

    def refused_rate(self, due: int, now: int) -> Refusal:
        """Too many requests in too short a time."""
        limit = self.limit
        assert self.rate is not None
        seconds = ceil(self.rate.wait(due, now) / _NANO)
        detail = (
            f"at most {limit.requests:g} {_PERIODS[limit.period]} {_WHO[limit.per]}, and "
            f"{limit.quota} at once"
        )
        return Refusal("rate_limited", detail, retry_after=seconds)

    def refused_in_flight(self) -> Refusal:
        """Too many requests at a time."""
        limit = self.limit
        detail = f"at most {limit.in_flight} at a time {_WHO[limit.per]}"
        return Refusal("rate_limited", detail, retry_after=1)


@dataclass(frozen=True, slots=True)
class _Used:
    """Where a request is counted."""

    rule: _Rule
    key: int
    cells: Cells
    row: int


class Limiter:
    """Of one definition of service `name`; `set_auth`: its callers all have the same token."""

    def __init__(
        self, name: str, limits: Sequence[RateLimit], table: Table, *, set_auth: bool
    ) -> None:
        self._cells = table.cells
        self._secret = table.secret
        self._name = name
        self._kin = key_of(table.secret, "service", name) >> KIN << KIN
        self._rules = [
            _Rule(
                limit,
                limit.per if first else f"{limit.per}-{index + 1}",
                limit.per == "service" or (limit.per == "token" and set_auth),
            )
            for index, limit in enumerate(limits)
            for first in [limit.per not in {one.per for one in limits[:index]}]
        ]
        policies = b", ".join(rule.policy for rule in self._rules if rule.policy)
        self._policy = b"RateLimit-Policy: " + policies + b"\r\n" if policies else b""
        self._crowd = Cells(memoryview(bytearray(size(WAYS, 1))), WAYS, 1)
        """A row of each rule for those who find no room."""

    def admit(self, caller: Caller, at: float) -> Permit | Refusal:
        """Take a request that came at monotonic `at`, or say why it is not taken. What one of
        several limits refuses counts for none of them."""
        now = int(at * _NANO)
        used: list[_Used] = []
        told = []
        for index, rule in enumerate(self._rules):
            key = self._key(rule, index, caller)
            with self._cells.lock(key):
                cells, row = self._row(key, index, now)
                due = cells.common[row]
                refusal = _refused(rule, cells, row, now)
                if refusal is None:
                    due = _spend(rule, cells, row, now)
            if refusal is not None:
                self._undo(used)
                told = [rule.told(due, now)] if rule.rate is not None else []
                return replace(refusal, lines=self._lines(told))
            if rule.rate is not None:
                told.append(rule.told(due, now))
            used.append(_Used(rule, key, cells, row))
        counted = [(one.cells, one.row) for one in used if one.rule.in_flight]
        return Permit(self._lines(told), counted)

    def _key(self, rule: _Rule, index: int, caller: Caller) -> int:
        """The bits above KIN are the service's."""
        who = b"" if rule.everyone else caller.address.encode()
        if caller.credential and rule.limit.per == "token" and not rule.everyone:
            who = b"\0" + caller.credential
        return self._kin | (key_of(self._secret, self._name, str(index), who) & _BELOW) or 1

    def _row(self, key: int, index: int, now: int) -> tuple[Cells, int]:
        """Under the lock of `key`."""
        row = self._cells.claim(key, now, _KIN)
        if row >= 0:
            return self._cells, row
        return self._crowd, self._crowd.claim(index + 1, now)

    def _undo(self, used: Sequence[_Used]) -> None:
        for one in used:
            with self._cells.lock(one.key):
                if one.rule.in_flight:
                    one.cells.mine[one.row] -= 1
                if one.rule.rate is not None:
                    one.cells.common[one.row] -= one.rule.rate.interval

    def _lines(self, told: Sequence[bytes]) -> bytes:
        """RateLimit fields (draft-ietf-httpapi-ratelimit-headers-11)."""
        return self._policy + (b"RateLimit: " + b", ".join(told) + b"\r\n" if told else b"")


def _refused(rule: _Rule, cells: Cells, row: int, now: int) -> Refusal | None:
    if rule.rate is not None and rule.rate.wait(cells.common[row], now):
        return rule.refused_rate(cells.common[row], now)
    if rule.in_flight and cells.total(row) >= rule.in_flight:
        return rule.refused_in_flight()
    return None


def _spend(rule: _Rule, cells: Cells, row: int, now: int) -> int:
    """Count a request; the answer is by when it is paid off."""
    if rule.in_flight:
        cells.mine[row] += 1
    if rule.rate is None:
        return 0
    due = cells.common[row] = rule.rate.spent(cells.common[row], now)
    return due
