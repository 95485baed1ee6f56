"""Quantities as the API server writes them: `0.5` is `500m`, `1024Mi` is `1Gi`. Pure.

The canonical form and the errors are those of k8s.io/apimachinery, pkg/api/resource. Called when
objects are decoded.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Any, Final

_WRONG_FORM: Final = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
_WRONG_SUFFIX: Final = "unable to parse quantity's suffix"
_WRONG_NUMBER: Final = "unable to parse numeric part of quantity"
_FORM: Final = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)", re.ASCII)
_EXPONENT: Final = re.compile(r"[eE]([-+]?[0-9]{1,4})", re.ASCII)
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15,
                   "E": 18}  # fmt: skip
_BINARY: Final = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL_SUFFIX: Final = {power: suffix for suffix, power in _DECIMAL.items()}
_BINARY_SUFFIX: Final = {0: "", **{power: suffix for suffix, power in _BINARY.items()}}
_NANO: Final = 10**9
_MOST: Final = 2**63 - 1
_MOST_DIGITS: Final = 400


def canonical(value: Any) -> str:
    """The canonical text of a quantity given as text or as a number.

    Raises ValueError with the words of the API server.
    """
    return _canonical(value.strip(" ") if isinstance(value, str) else _number(value))


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(_WRONG_FORM)
    return str(value)


@lru_cache(maxsize=1024)
def _canonical(text: str) -> str:
    match = _FORM.fullmatch(text) if text else None
    if match is None or len(text) > _MOST_DIGITS:
        raise ValueError(_WRONG_FORM)
    sign, whole, rest, suffix = match[1], match[2], match[3] or "", match[4]
    factor, form = _scale(suffix)
    if not whole and not rest:
        raise ValueError(_WRONG_NUMBER)
    exact = Fraction(int(whole + rest or "0"), 10 ** len(rest)) * factor
    nanos = min(ceil(exact * _NANO), _MOST * _NANO)  # no finer than a billionth, rounded up
    if not nanos:
        return "0"
    return ("-" if sign == "-" else "") + _text(nanos, form)


def _scale(suffix: str) -> tuple[Fraction, str]:
    """What the suffix multiplies by, and the form that it asks for: binary, decimal or exponent."""
    if suffix in _DECIMAL:
        return Fraction(10) ** _DECIMAL[suffix], "decimal"
    if suffix in _BINARY:
        return Fraction(1024 ** _BINARY[suffix]), "binary"
    match = _EXPONENT.fullmatch(suffix)
    if match is None:
        raise ValueError(_WRONG_SUFFIX)
    return Fraction(10) ** int(match[1]), "exponent"


def _text(nanos: int, form: str) -> str:
    value, rest = divmod(nanos, _NANO)
    if form == "binary" and not rest and value >= 1024:
        power = 0
        while value % 1024 == 0 and power < max(_BINARY_SUFFIX):
            value, power = value // 1024, power + 1
        return f"{value}{_BINARY_SUFFIX[power]}"
    mantissa, power = nanos, -9
    while mantissa % 1000 == 0 and power < max(_DECIMAL_SUFFIX):
        mantissa, power = mantissa // 1000, power + 3
    if form == "exponent":
        return f"{mantissa}e{power}" if power else str(mantissa)
    return f"{mantissa}{_DECIMAL_SUFFIX[power]}"
