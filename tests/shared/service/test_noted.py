"""What the scaler notes on a Deployment, and what comes of notes that are wrong."""

from __future__ import annotations

from typing import Any

import pytest

from shared.service import names
from shared.service.noted import NOTHING, Notes, longest_request, notes_of


def noted(text: str) -> dict[str, Any]:
    return {"metadata": {"annotations": {names.SCALER_DECISION: text}}}


def test_both_are_read() -> None:
    found = noted('{"longest_request_s": 61.5, "usual_start_s": 30}')
    assert notes_of(found) == Notes(61.5, 30.0)
    assert longest_request(found) == 61.5


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", "{}", '{"usual_start_s": -1}', '{"usual_start_s": true}',
     '{"longest_request_s": "x"}'],
)  # fmt: skip
def test_what_is_not_noted_or_wrong_was_not_seen(text: str) -> None:
    assert notes_of(noted(text)) == NOTHING
    assert notes_of(None) == NOTHING
