from __future__ import annotations

import pytest

from gateway.management import problems
from shared.kube.errors import KubeError, Unreachable, from_status


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (from_status(422, {"message": "port taken"}), 400, "not valid: port taken"),
        (from_status(409, {"reason": "Conflict"}), 409, "Error creating"),
        (from_status(403, {"message": "forbidden"}), 500, "forbidden"),
        (from_status(429, None, 3.0), 503, "try again"),
        (Unreachable("refused"), 503, "refused"),
    ],
)
def test_failures_of_the_cluster_have_their_status(
    error: KubeError, status: int, text: str
) -> None:
    refusal = problems.of_cluster(error, "creating")
    assert refusal.status == status
    assert text in refusal.text


def test_all_problems_of_a_definition_are_in_one_text() -> None:
    refusal = problems.invalid(["name: is missing", "image: is missing"])
    assert (refusal.status, refusal.text) == (
        400,
        "The service specification is not valid: name: is missing\nimage: is missing",
    )


def test_what_became_of_a_failed_change_is_told() -> None:
    error = Unreachable("refused")
    error.add_note("it may be half done")
    assert problems.of_cluster(error, "updating").text.endswith("try again; it may be half done")
