"""Resource quantities as Kubernetes reads them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from shared.service import quantity


@pytest.mark.parametrize(
    ("text", "milli"),
    [
        ("1", 1000),
        ("0.1", 100),
        ("100m", 100),
        (".5", 500),
        ("1e1", 10_000),
        ("1n", 1),
        ("1500u", 2),
        ("2k", 2_000_000),
        ("+1", 1000),
        ("1.", 1000),
        ("-1", -1000),
    ],
)
def test_milli_rounds_up(text: str, milli: int) -> None:
    assert quantity.milli(text) == milli


def test_bytes_and_exact_values() -> None:
    assert quantity.whole("2Gi") == 2 * 2**30
    assert quantity.whole("1M") == 10**6
    assert quantity.whole("1E") == 10**18
    assert quantity.parse("123456789n") == Fraction(123456789, 10**9)


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "1K", "1ki", "m", "1e", "١", "0x1", "1e100", "1mi"]
)
def test_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a quantity; write for example|unknown suffix"):
        quantity.parse(text)
