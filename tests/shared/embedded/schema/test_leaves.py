"""Bytes and numbers that are more than their JSON type."""

from __future__ import annotations

import pytest

from shared.embedded.schema import leaves


@pytest.mark.parametrize(
    ("text", "where"),
    [("%", 0), ("YQ=%", 3), ("YQ", 0), ("YWJjZ", 4), ("YQ==YQ==", 4), ("Y===", 1), ("YWJ=x", 4)],
)
def test_wrong_base64_is_told_with_its_place(text: str, where: int) -> None:
    with pytest.raises(ValueError, match=f"illegal base64 data at input byte {where}$"):
        leaves.base64_text(text)


def test_base64_loses_its_line_breaks() -> None:
    assert leaves.base64_text("YW\r\nJj") == "YWJj"
    assert leaves.base64_text("") == ""


@pytest.mark.parametrize("value", [1.5, 2**31, True, {}, []])
def test_only_whole_numbers_and_text_are_ports(value: object) -> None:
    with pytest.raises(ValueError, match="into Go value of type int32"):
        leaves.int_or_string(value)
