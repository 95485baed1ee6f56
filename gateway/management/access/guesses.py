"""How long who guesses passwords has to wait: by address and by account, growing. Pure.

Asked by the guard before a password is looked at, and told afterwards. A wrong one makes its
address wait before the next is looked at, the longer the more there were. Wrong ones for one
account from ever new addresses make each of them wait from its first wrong one on; an address that
has sent none is heard at once, so nobody is locked out by what others do elsewhere.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

FREE: Final = 5
"""Wrong passwords of an address that cost nothing: people mistype."""
FREE_OF_ACCOUNT: Final = 50
"""Wrong passwords for an account, from wherever, before it slows all its guessers down."""
LONGEST: Final = 300.0
"""Seconds that an address waits at most."""
LONGEST_OF_ACCOUNT: Final = 60.0
"""Seconds that an address waits at most for what others did."""
FORGOTTEN: Final = 3600.0
"""Seconds after the last wrong password."""
MOST: Final = 10_000
"""Addresses, and accounts, that are remembered: those that guessed last."""


@dataclass(slots=True)
class _Count:
    wrong: int = 0
    last: float = 0.0


class Guesses:
    """Counts in bounded memory; `now` is in seconds, of a clock that never runs backwards."""

    def __init__(self) -> None:
        self._addresses: OrderedDict[str, _Count] = OrderedDict()
        self._accounts: OrderedDict[str, _Count] = OrderedDict()

    def wait(self, address: str, account: bytes, now: float) -> float:
        """Seconds until a password from `address` for `account` is looked at; 0 is now."""
        count = _known(self._addresses, address, now)
        if not count.wrong:
            return 0.0
        others = _known(self._accounts, _digest(account), now)
        return max(0.0, count.last + _delay(count.wrong, others.wrong) - now)

    def failed(self, address: str, account: bytes, now: float) -> float:
        """The password was wrong; answers the seconds that `address` has to wait from `now` on."""
        for counts, key in ((self._addresses, address), (self._accounts, _digest(account))):
            count = counts[key] = _known(counts, key, now)
            count.wrong, count.last = count.wrong + 1, now
            counts.move_to_end(key)
            if len(counts) > MOST:
                counts.popitem(last=False)
        return self.wait(address, account, now)

    def succeeded(self, address: str) -> None:
        """The password was right: what came before from `address` were slips."""
        self._addresses.pop(address, None)


def _known(counts: OrderedDict[str, _Count], key: str, now: float) -> _Count:
    count = counts.get(key)
    return count if count is not None and now - count.last < FORGOTTEN else _Count()


def _delay(own: int, of_account: int) -> float:
    return max(
        _grown(own - FREE, LONGEST), _grown(of_account - FREE_OF_ACCOUNT, LONGEST_OF_ACCOUNT)
    )


def _grown(beyond: int, longest: float) -> float:
    return min(longest, 2.0 ** min(beyond, 20)) if beyond >= 0 else 0.0


def _digest(account: bytes) -> str:
    """What stands for a name of any length."""
    return sha256(account).hexdigest()
