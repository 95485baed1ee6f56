"""volume_status, as OSCAR's clients read it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.management.answers.volumes import volume_status
from shared.service.model import Volume

VOLUME = Volume("/data", "notes", "1Gi")


def claim(phase: str = "", **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": "notes", **metadata}, "status": {"phase": phase} if phase else {}}


@pytest.mark.parametrize(
    ("found", "phase"),
    [
        (claim(), "pending"),
        (claim("Pending"), "pending"),
        (claim("Bound"), "in_use"),
        (claim("Lost"), "error"),
        (claim("Bound", deletionTimestamp="2026-11-22T10:00:00Z"), "deleting"),
    ],
)
def test_the_phase_of_the_claim(found: dict[str, Any], phase: str) -> None:
    status = volume_status(VOLUME, {"other": {}, "notes": found})
    assert (status["enabled"], status["name"], status["phase"]) == (True, "notes", phase)
    assert ("error" in status) == (phase == "error")


def test_a_missing_claim_and_no_volume() -> None:
    missing = volume_status(VOLUME, {})
    assert missing["phase"] == "error"
    assert missing["error"] == 'persistentvolumeclaims "notes" not found'
    assert volume_status(None, {}) == {"enabled": False}
