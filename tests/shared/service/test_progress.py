"""Progress as the scaler writes it, and what is not taken for it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.service.progress import WORDS, Phase, Progress, read

WHOLE: dict[str, Any] = {
    "service": "ocr",
    "phase": "pulling",
    "words": "pulling the image",
    "since": 1_700_000_000.5,
    "usual_s": 12,
    "pods": 1,
}


def test_every_field_is_read() -> None:
    assert read(WHOLE) == Progress(
        "ocr", Phase.PULLING, "pulling the image", 1_700_000_000.5, 12.0, 1
    )


def test_a_service_and_a_phase_suffice_and_unknown_fields_are_left_out() -> None:
    assert read({"service": "ocr", "phase": "asleep", "later": 1}) == Progress("ocr", Phase.ASLEEP)


def test_words_are_bounded() -> None:
    assert len(read(WHOLE | {"words": "x" * 10_000}).words) == WORDS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("service", ""),
        ("service", 1),
        ("phase", "flying"),
        ("phase", None),
        ("words", 1),
        ("since", -1),
        ("since", float("nan")),
        ("since", True),
        ("usual_s", "12"),
        ("pods", -1),
        ("pods", 1.5),
    ],
)
def test_what_is_wrong_is_named(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        read(WHOLE | {field: value})
