"""Two pods for each request, drawn in advance: a choice between two costs one `next`.

In each round every pod stands once as the first of a pair and once as the second, so that all are
proposed equally often, whatever chance does. Rounds are repeated some times before new ones are
drawn, and that is as good: what matters of the two is which has less to do, and that is looked up
when they are taken (Kenthapadi and Panigrahy, "Balanced allocation on graphs", 2006). Pure.
"""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gateway.services.backend import Backend

Pair = tuple["Backend", "Backend"]

DRAWN: Final = 251
"""Pairs at the least, or one round: a prime, which no client's pattern of requests repeats."""
TURNS: Final = 64
"""How often they are taken before others are drawn."""


def drawn(pods: Sequence[Backend], random: Callable[[], float]) -> Iterator[Pair]:
    """Pairs of different pods, if there are two, in an order of chance, until it is time to draw
    anew; `random` answers floats in [0, 1)."""
    if len(pods) < 2:
        return repeat((pods[0], pods[0])) if pods else iter(())
    pairs: list[Pair] = []
    while len(pairs) < DRAWN:
        pairs += _round(pods, random)
    return chain.from_iterable(repeat(tuple(pairs), TURNS))


def _round(pods: Sequence[Backend], random: Callable[[], float]) -> Iterator[Pair]:
    order = sorted(pods, key=lambda _: random())
    apart = 1 + int(random() * (len(order) - 1))
    return zip(order, order[apart:] + order[:apart], strict=True)
