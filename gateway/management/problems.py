"""Why the services API refuses: each with its HTTP status, the text goes to the client as it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from shared.kube.errors import (
    Conflict,
    Invalid,
    KubeError,
    NotConfigured,
    TooManyRequests,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class RefusalError(Exception):
    """A request that is answered with `status` and `text` (text/plain, perhaps empty)."""

    def __init__(
        self, status: int, text: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {text}".strip())
        self.status = status
        self.text = text
        self.headers = headers or {}


def not_found() -> RefusalError:
    """OSCAR answers 404 with an empty body."""
    return RefusalError(404)


def invalid(problems: Sequence[str]) -> RefusalError:
    """The definition is wrong; one line a problem."""
    return RefusalError(400, "The service specification is not valid: " + "\n".join(problems))


def forbidden(caller: str, doing: str) -> RefusalError:
    """`caller` is known, and may not be `doing` ("see", "change") this to a service."""
    return RefusalError(403, f"User {caller} doesn't have permission to {doing} this service")


def too_many_guesses(wait: float) -> RefusalError:
    """Wrong passwords came from the caller's address: none is looked at for `wait` seconds."""
    seconds = max(1, math.ceil(wait))
    return RefusalError(
        429,
        f"Too many wrong passwords came from this address; try again in {seconds} s",
        {"Retry-After": str(seconds)},
    )


def not_exposed(name: str) -> RefusalError:
    """Stop, start and restart are for what runs."""
    return RefusalError(400, f'service "{name}" is not exposed')


def managed(name: str) -> RefusalError:
    """An OSCAR manager made the service: two that write it would undo each other's work."""
    return RefusalError(
        409,
        f'an OSCAR manager made service "{name}"; take it over first: exposed adopt {name}, '
        f"or POST /system/services/{name}/adopt",
    )


def exists() -> RefusalError:
    """Names are unique."""
    return RefusalError(400, "A service with the provided name already exists")


def gone(name: str) -> RefusalError:
    """Somebody deleted the service while it was being changed."""
    return RefusalError(404, f'service "{name}" was deleted meanwhile')


def contended(name: str) -> RefusalError:
    """Others changed the service each time that it was tried."""
    return RefusalError(409, f'service "{name}" is being changed by others; try again')


def without_deployment(name: str) -> RefusalError:
    """The service is exposed, and has no pods to stop or start."""
    text = f'service "{name}" has no Deployment; apply its definition again'
    return RefusalError(409, text)


def stopped(name: str) -> RefusalError:
    """Only what sleeps can be woken."""
    return RefusalError(
        409,
        f'service "{name}" is stopped, and stays so until somebody starts it: exposed start {name},'
        f" or POST /system/services/{name}/start",
    )


def of_cluster(error: KubeError, doing: str) -> RefusalError:
    """What a failed call to the cluster means to the client, who was `doing` something.

    The notes of the error say what became of it.
    """
    refusal = _of_cluster(error, doing)
    refusal.text = "; ".join((refusal.text, *getattr(error, "__notes__", ())))
    return refusal


def _of_cluster(error: KubeError, doing: str) -> RefusalError:
    if isinstance(error, Invalid):
        return RefusalError(400, f"The service specification is not valid: {error.message}")
    if isinstance(error, Conflict):
        return RefusalError(409, f"Error {doing}: {error.message}")
    if isinstance(error, Unreachable | TooManyRequests | NotConfigured):
        return RefusalError(503, f"Error {doing}: the cluster does not answer ({error}); try again")
    return RefusalError(500, f"Error {doing}: {error}")
