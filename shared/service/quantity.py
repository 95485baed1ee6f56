"""Kubernetes resource quantities: strings such as `500m`, `2Gi` or `1e3` as exact integers.

Source: Kubernetes API reference, `resource.Quantity`. Values are rounded up to the unit asked for,
as Kubernetes does.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Final

_SUFFIXES: Final[dict[str, Fraction]] = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
    "Ki": Fraction(2**10),
    "Mi": Fraction(2**20),
    "Gi": Fraction(2**30),
    "Ti": Fraction(2**40),
    "Pi": Fraction(2**50),
    "Ei": Fraction(2**60),
}
# An exponent has at most two digits: more is no real quantity, but a huge integer to compute.
_QUANTITY: Final = re.compile(
    r"([+-]?)([0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,2}|[EPTGMk]i?|Ki|[num])?",
    re.ASCII,
)


def parse(text: str) -> Fraction:
    """The exact value of a quantity in its base unit (cores, bytes).

    Raises ValueError, with a sentence for the user, when `text` is no quantity.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a quantity; write for example '500m', '1.5' or '2Gi'")
    sign, number, suffix = match[1], match[2], match[3] or ""
    if suffix in _SUFFIXES:
        value = Fraction(number) * _SUFFIXES[suffix]
    elif suffix[0] in "eE":
        value = Fraction(number) * Fraction(10) ** int(suffix[1:])
    else:
        raise ValueError(
            f"{text!r} has the unknown suffix {suffix!r}; use m, k, M, G, Ki, Mi or Gi"
        )
    return -value if sign == "-" else value


def milli(text: str) -> int:
    """A quantity in thousandths of its unit, rounded up: CPU as milliCPU."""
    return math.ceil(parse(text) * 1000)


def whole(text: str) -> int:
    """A quantity in whole units, rounded up: memory as bytes."""
    return math.ceil(parse(text))
