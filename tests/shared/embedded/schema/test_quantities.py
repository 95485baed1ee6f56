"""Quantities in the form in which the API server shows them."""

from __future__ import annotations

import pytest

from shared.embedded.schema.quantities import canonical


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0.5", "500m"), (0.5, "500m"), (1, "1"), ("1024Mi", "1Gi"), ("1.5Gi", "1536Mi"),
        ("1000m", "1"), ("1500m", "1500m"), ("0", "0"), ("0Mi", "0"), ("-0.5", "-500m"),
        ("+1", "1"), ("1000M", "1G"), ("1023Ki", "1023Ki"), ("0.5Ki", "512"), ("0.1Ki", "102400m"),
        ("1e3", "1e3"), ("1500e0", "1500"), ("12E6", "12e6"), ("1E", "1E"), (".5", "500m"),
        ("5.", "5"), ("1n", "1n"), ("0.1n", "1n"), ("1.1n", "2n"), ("100", "100"),
        ("1000", "1k"), (" 1", "1"), ("1e30", "9223372036854775807"),
    ],
)  # fmt: skip
def test_quantities_are_canonical(given: str | float, expected: str) -> None:
    assert canonical(given) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("", "quantities must match the regular expression"),
        ("abc", "quantities must match the regular expression"),
        ("1.2.3", "quantities must match the regular expression"),
        ("1 Gi", "quantities must match the regular expression"),
        (True, "quantities must match the regular expression"),
        ({}, "quantities must match the regular expression"),
        ("1kk", "unable to parse quantity's suffix"),
        ("1Ki5", "unable to parse quantity's suffix"),
        ("Mi", "unable to parse numeric part of quantity"),
        ("9" * 500, "quantities must match the regular expression"),
    ],
)
def test_what_is_no_quantity_is_refused(given: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        canonical(given)
