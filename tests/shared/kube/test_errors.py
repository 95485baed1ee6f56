from __future__ import annotations

import pytest

from shared.kube import errors
from tests.shared.kube.scripted import status


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (400, "BadRequest", errors.Invalid),
        (401, "Unauthorized", errors.Unauthorized),
        (403, "Forbidden", errors.Forbidden),
        (404, "NotFound", errors.NotFound),
        (409, "Conflict", errors.Conflict),
        (409, "AlreadyExists", errors.AlreadyExists),
        (410, "Expired", errors.Expired),
        (410, "Gone", errors.Expired),
        (415, "UnsupportedMediaType", errors.Invalid),
        (422, "Invalid", errors.Invalid),
        (429, "TooManyRequests", errors.TooManyRequests),
        (500, "InternalError", errors.ServerError),
        (504, "Timeout", errors.ServerError),
        (418, "Teapot", errors.KubeError),
    ],
)
def test_the_code_and_reason_of_a_status_choose_the_class(
    code: int, reason: str, kind: type[errors.KubeError]
) -> None:
    error = errors.from_status(code, status(code, reason, "why"))
    assert type(error) is kind
    assert (error.status, error.reason, error.message) == (code, reason, "why")
    assert str(error) == f"{code} {reason}: why"


def test_the_seconds_to_wait_come_from_the_header_else_from_the_details() -> None:
    body = status(429, "TooManyRequests", retryAfterSeconds=7)
    assert errors.from_status(429, body).retry_after == 7.0
    assert errors.from_status(429, body, 3.0).retry_after == 3.0


def test_an_answer_without_a_status_says_so() -> None:
    error = errors.from_status(502, None)
    assert isinstance(error, errors.ServerError)
    assert "502 without a Status" in error.message
