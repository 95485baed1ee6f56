"""Rules for probes and for what is done when a container starts and before it stops. Pure.

Source: validateProbe, validateLifecycle and validateHandler of
k8s.io/kubernetes/pkg/apis/core/validation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

NAMES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS: Final = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_SCHEMES: Final = ("HTTP", "HTTPS")
_NUMBERS: Final = (
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
)


def probes(at: str, container: Obj, grace: int) -> Iterator[Cause]:
    """The three of a container; grace: of its pod, in seconds."""
    for name in NAMES:
        if name in container:
            yield from _probe(f"{at}.{name}", container[name], grace, name)


def lifecycle(at: str, given: Obj, grace: int) -> Iterator[Cause]:
    for name in ("postStart", "preStop"):
        if name in given:
            yield from _handler(f"{at}.{name}", given[name], grace)


def _probe(at: str, probe: Obj, grace: int, name: str) -> Iterator[Cause]:
    yield from _handler(at, probe, grace)
    for number in _NUMBERS:
        yield from checks.not_negative(f"{at}.{number}", probe.get(number))
    own = probe.get("terminationGracePeriodSeconds")
    if own is not None and own <= 0:
        yield checks.invalid(f"{at}.terminationGracePeriodSeconds", own, "must be greater than 0")
    if name != "readinessProbe":
        if probe.get("successThreshold", 1) != 1:
            field = f"{at}.successThreshold"
            yield checks.invalid(field, probe["successThreshold"], "must be 1")
    elif own is not None:
        why = "must not be set for readinessProbes"
        yield checks.invalid(f"{at}.terminationGracePeriodSeconds", own, why)


def _handler(at: str, given: Obj, grace: int) -> Iterator[Cause]:
    named = [name for name in _HANDLERS if name in given]
    if not named:
        yield checks.required(at, "must specify a handler type")
        return
    yield from _action(f"{at}.{named[0]}", named[0], given[named[0]], grace)
    for name in named[1:]:
        yield checks.forbidden(f"{at}.{name}", "may not specify more than 1 handler type")


def _action(at: str, name: str, action: Obj, grace: int) -> Iterator[Cause]:
    match name:
        case "exec":
            if not action.get("command"):
                yield checks.required(f"{at}.command")
        case "httpGet":
            yield from _http(at, action)
        case "sleep":
            seconds = action.get("seconds", 0)
            if not 0 <= seconds <= grace:
                why = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
                yield checks.invalid(at, seconds, why)
        case _:
            yield from checks.port_or_name(f"{at}.port", action.get("port"))


def _http(at: str, action: Obj) -> Iterator[Cause]:
    if not action.get("path"):
        yield checks.required(f"{at}.path")
    yield from checks.port_or_name(f"{at}.port", action.get("port"))
    if action.get("scheme", "") not in _SCHEMES:
        yield checks.unsupported(f"{at}.scheme", action.get("scheme", ""), _SCHEMES)
    for header in action.get("httpHeaders", []):
        yield from checks.header_name(f"{at}.httpHeaders", header.get("name", ""))
