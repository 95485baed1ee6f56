# ruff: noqa: N818  the classes carry the names of the API's own reasons
"""What can go wrong with a call to the Kubernetes API, as one family of exceptions.

The API answers failures with a `Status` object (meta/v1); its HTTP code and reason choose the
class. Whatever happens below HTTP is `Unreachable`. Nothing else leaves `shared.kube`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class KubeError(Exception):
    """A call to the Kubernetes API failed.

    `status` is the HTTP code (0 when there was no answer), `reason` the machine-readable reason of
    the Status, `retry_after` the seconds the server asks to wait (None when it does not say).
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        retry_after: float | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after
        self.details = details or {}

    def __str__(self) -> str:
        return f"{self.status} {self.reason}: {self.message}" if self.status else self.message


class Unauthorized(KubeError):
    """401: the credentials are missing, wrong or expired."""


class Forbidden(KubeError):
    """403: the credentials are known but RBAC does not allow the call."""


class NotFound(KubeError):
    """404: no such object, or no such kind."""


class Conflict(KubeError):
    """409: the object has changed since it was read, or field ownership conflicts."""


class AlreadyExists(Conflict):
    """409 AlreadyExists: an object of that name is there."""


class Expired(KubeError):
    """410: the resourceVersion or continue token is too old; list again."""


class Invalid(KubeError):
    """400, 413, 415, 422: the server refuses what was sent, and would refuse it again."""


class TooManyRequests(KubeError):
    """429: the server sheds load; wait `retry_after`."""


class ServerError(KubeError):
    """5xx: the server failed; a repetition may succeed."""


class Unreachable(KubeError):
    """No usable answer: refused, reset, timed out, cut short, or not the Kubernetes API."""

    def __init__(self, message: str) -> None:
        super().__init__(0, "Unreachable", message)


class NotConfigured(KubeError):
    """There is no usable kubeconfig and no service account: nothing to connect to."""

    def __init__(self, message: str) -> None:
        super().__init__(0, "NotConfigured", message)


_BY_STATUS: dict[int, type[KubeError]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Expired,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    429: TooManyRequests,
}


def from_status(
    code: int, status: Mapping[str, Any] | None, retry_after: float | None = None
) -> KubeError:
    """The exception for an HTTP answer `code` with the Status body `status` (None: not a Status).

    `retry_after` is the header's value in seconds; else `details.retryAfterSeconds` is taken.
    """
    body = status or {}
    reason = str(body.get("reason") or "Unknown")
    details: Mapping[str, Any] = body.get("details") or {}
    if retry_after is None and details.get("retryAfterSeconds"):
        retry_after = float(details["retryAfterSeconds"])
    message = str(body.get("message") or f"the API server answered {code} without a Status")
    return _class_of(code, reason)(code, reason, message, retry_after, details)


def _class_of(code: int, reason: str) -> type[KubeError]:
    if reason == "AlreadyExists":
        return AlreadyExists
    if reason in ("Expired", "Gone"):
        return Expired
    return _BY_STATUS.get(code, ServerError if code >= 500 else KubeError)
