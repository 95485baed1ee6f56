"""Why the gateway refuses a request, and what the client or the operator should do about it.

Every refusal has a name, which stands in the body, in `X-Gateway-Error` and, once a head was read,
in the access log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.service import names

if TYPE_CHECKING:
    from shared.service.progress import Progress


@dataclass(frozen=True, slots=True)
class Reason:
    """One kind of refusal. Texts are templates over the fields of `Refusal`,
    `service` and `api_port`."""

    status: int
    error: str
    remedy: str
    retry_after: int = 0
    """Seconds, for `Retry-After`; 0 omits it."""
    close: bool = False
    """Whether the connection's framing can no longer be trusted, so that it must close."""
    title: str = ""
    """Heading of the page for a browser, instead of the status."""
    passes: bool = False
    """Whether it may pass while a browser shows it, so that its page looks again by itself."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one request is not answered by a pod. Everything here may be shown to the client."""

    reason: str
    """A key of REASONS."""
    detail: str = ""
    """What exactly was wrong, for example the parser's or the socket's complaint."""
    seconds: float = 0.0
    """The time-out that fired, the limit that was passed, or how long this lasts already."""
    link: str = ""
    """A path where to go instead, for a page; percent-encoded."""
    progress: Progress | None = None
    """How far the start is that is waited for, if the scaler has told."""
    retry_after: int = 0
    """Seconds, for `Retry-After`; 0: as the reason says."""
    lines: bytes = b""
    """Further header lines, each ended."""

    @property
    def status(self) -> int:
        return REASONS[self.reason].status

    @property
    def close(self) -> bool:
        return REASONS[self.reason].close


_CHECK_POD: Final = (
    "Check that the application listens on 0.0.0.0 (or $HOST) and on port {api_port}, as "
    "expose.api_port says, and read its log."
)
_RAISE: Final = "raise expose.timeouts.{name} in the service's definition (0 = no limit)."

REASONS: Final[dict[str, Reason]] = {
    "bad_request": Reason(
        400,
        "The request is not valid HTTP: {detail}.",
        "Correct the client; the gateway does not guess what an ambiguous request means.",
        close=True,
    ),
    "plain_http": Reason(
        400,
        "This port speaks TLS, and the request came as plain HTTP.",
        "Ask for {detail}.",
        close=True,
    ),
    "bad_path": Reason(
        400,
        "The path leads out of the service's prefix: {detail}.",
        "Send the path without '..' segments and without encoded slashes in the prefix.",
    ),
    "unauthorized": Reason(
        401,
        "Service '{service}' asks for its token.",
        "Send Basic credentials (user: the service's name, password: its token) or "
        "'Authorization: Bearer <token>'; GET /system/services/{service} shows the token.",
    ),
    "not_found": Reason(
        404,
        "Nothing is served at this path.",
        "Services answer under /system/services/<name>/exposed/. If a page of a service led here, "
        "its links are absolute: make them relative, or tell the application its base path.",
    ),
    "absolute_link": Reason(
        404,
        "Nothing is served at this path. A page of service '{service}' led here, which is served "
        "under /system/services/{service}/exposed/ only.",
        "The application's links are absolute: make them relative, or tell it its base path, "
        "/system/services/{service}/exposed (uvicorn and FastAPI: --root-path; Flask: "
        "ProxyFix(x_prefix=1); Django: FORCE_SCRIPT_NAME; Gradio: root_path; Dash: "
        "requests_pathname_prefix; Streamlit: --server.baseUrlPath; Jupyter: "
        "--ServerApp.base_url; TensorBoard: --path_prefix; marimo: --base-url). One that then "
        "expects this path in its requests needs expose.rewrite_target: true.",
    ),
    "unknown_service": Reason(
        404,
        "There is no exposed service '{service}'.",
        "Check the name; GET /system/services lists the services, and only those with "
        "expose.api_port are reachable here.",
    ),
    "method_not_allowed": Reason(
        405, "The gateway does not pass this method on.", "Use another method."
    ),
    "request_timeout": Reason(
        408,
        "The request did not arrive in time: {detail}.",
        "Send the head at once and the body without long pauses. If the body's pauses are normal, "
        + _RAISE.replace("{name}", "body")
        + " Or ask the operator to raise GATEWAY_HEAD_TIME or to lower GATEWAY_MIN_BODY_RATE.",
        close=True,
    ),
    "body_too_large": Reason(
        413,
        "The body is larger than this gateway takes ({detail}).",
        "Send less, or ask the operator to raise GATEWAY_MAX_BODY.",
        close=True,
    ),
    "gateway_full": Reason(
        503,
        "This gateway has as many connections open as it may.",
        "Try later, or ask the operator to raise GATEWAY_MAX_CONNECTIONS.",
        retry_after=5,
        close=True,
    ),
    "gateway_exhausted": Reason(
        503,
        "This gateway cannot open another connection to a pod: {detail}.",
        "Try later. No pod is at fault: ask the operator to raise the gateway's RLIMIT_NOFILE "
        "(ulimit -n) or its range of local ports, or to lower GATEWAY_MAX_CONNECTIONS; if the "
        "error is one of permission or address family, to let the gateway's machine connect.",
        retry_after=2,
    ),
    "shutting_down": Reason(
        503,
        "This gateway shuts down, and the request took too long to wait for.",
        "Send it again, or ask the operator to raise GATEWAY_DRAIN_HTTP.",
        retry_after=1,
        close=True,
    ),
    "line_too_long": Reason(
        414,
        "The request line is longer than this gateway takes.",
        "Send long parameters in the body.",
        close=True,
    ),
    "too_many_connections": Reason(
        429,
        "This address has too many connections open.",
        "Reuse connections, or ask the operator to raise GATEWAY_MAX_CONNECTIONS_PER_CLIENT.",
        retry_after=5,
        close=True,
    ),
    "rate_limited": Reason(
        429,
        "Service '{service}' takes no more requests for now: {detail}.",
        "Wait for as long as Retry-After says, and send them more slowly; the limit is "
        "expose.rate_limit in the service's definition.",
        retry_after=1,
    ),
    "head_too_large": Reason(
        431,
        "The request's header fields are larger than this gateway takes: {detail}.",
        "Send fewer or smaller fields (cookies, most often).",
        close=True,
    ),
    "send_timeout": Reason(
        499,
        "The client did not take its answer for {seconds:g} s.",
        "Read what is sent, or ask the operator to raise GATEWAY_SEND_TIME.",
        close=True,
    ),
    "client_gone": Reason(499, "The client left before the response.", "", close=True),
    "not_implemented": Reason(
        501,
        "The gateway does not know this transfer coding or method: {detail}.",
        "Send the body with Content-Length, or as 'Transfer-Encoding: chunked'.",
        close=True,
    ),
    "no_upgrade": Reason(
        501,
        "The pods of service '{service}' speak HTTP/2 (expose.protocol: {detail}), by which the "
        "gateway opens no WebSocket.",
        "Serve WebSockets by HTTP/1.1, from a service whose expose.protocol is http1 or left out.",
    ),
    "loop": Reason(
        508,
        "The request has come through this gateway too often.",
        "An application sends its requests back to the gateway; correct the address it calls.",
    ),
    "connect_failed": Reason(
        502,
        "No pod of service '{service}' accepts connections on port {api_port}: {detail}.",
        _CHECK_POD,
    ),
    "not_ready": Reason(
        502,
        "Service '{service}' has a pod, but nothing in it answered the readiness probe on port "
        "{api_port} within {seconds:g} s.",
        "If it is not still loading: " + _CHECK_POD + " Whether it runs at all, its events say: "
        f"kubectl describe pods -n {names.NAMESPACE} -l {names.SERVICE_LABEL}={{service}} "
        "--show-events=true.",
        retry_after=10,
        passes=True,
    ),
    "upstream_closed": Reason(
        502,
        "The pod of service '{service}' (port {api_port}) closed the connection before it "
        "answered: {detail}.",
        "It may have crashed, run out of memory, or been restarted, or speak another protocol than "
        "HTTP there (TLS servers and databases close without a word); read its log.",
    ),
    "upstream_malformed": Reason(
        502,
        "The pod of service '{service}' did not answer valid HTTP on port {api_port}: {detail}.",
        "Check that expose.api_port is the application's HTTP port (not TLS), that expose.protocol "
        "is what it speaks there (http1, h2c or grpc), and read its log.",
    ),
    "access_withdrawn": Reason(
        401,
        "Service '{service}' was stopped or deleted, or its token was changed, some time ago.",
        "Connect again, with the present token; the operator sets the time by "
        "GATEWAY_TUNNEL_REVOCATION.",
    ),
    "stopped": Reason(
        503,
        "Service '{service}' is stopped.",
        "Start it: POST /system/services/{service}/start.",
        retry_after=30,
    ),
    "disabled": Reason(
        503,
        "Service '{service}' has no pods, and no request brings it any: {detail}.",
        "Start it: POST /system/services/{service}/start.",
        retry_after=30,
    ),
    "starting": Reason(
        503,
        "Service '{service}' is starting: {detail}.",
        "Wait. Should it take much longer than usual, see "
        "GET /system/services/{service}/deployment and its logs.",
        retry_after=5,
        title="{service} is starting",
        passes=True,
    ),
    "no_ready_pod": Reason(
        503,
        "No pod of service '{service}' became ready within {seconds:g} s "
        "(expose.timeouts.wake): {detail}.",
        "Pods may still be starting; else see GET /system/services/{service}/deployment and its "
        "logs, and check expose.health_path and expose.api_port ({api_port}).",
        retry_after=5,
        passes=True,
    ),
    "asleep": Reason(
        503,
        "Service '{service}' has no pod at present, and this request does not wake it "
        "(expose.scaling.wake_except).",
        "Nothing is wrong: any other request wakes it, and so does "
        "POST /system/services/{service}/wake.",
        retry_after=30,
    ),
    "preflight": Reason(
        503,
        "Service '{service}' has no pod at present, and a browser's preflight does not wake it.",
        "Ask the operator for a cross-origin policy of the cluster (GATEWAY_CORS_ORIGINS), by "
        "which the gateway answers preflights itself; or wake the service first, by another "
        "request or POST /system/services/{service}/wake.",
        retry_after=5,
    ),
    "hold_full": Reason(
        503,
        "Too many requests wait for services that have no pod yet; one for '{service}' would be "
        "one too many.",
        "Try later, or ask the operator to raise GATEWAY_HELD. The service was woken all the same.",
        retry_after=5,
    ),
    "queue_full": Reason(
        503,
        "Too many requests wait for service '{service}'.",
        "Try later, raise expose.max_scale, or raise expose.concurrency.",
        retry_after=2,
    ),
    "queue_timeout": Reason(
        503,
        "All pods of service '{service}' were busy for {seconds:g} s (expose.timeouts.queue).",
        "Try later, raise expose.max_scale or expose.concurrency, or "
        + _RAISE.replace("{name}", "queue"),
        retry_after=5,
    ),
    "connect_timeout": Reason(
        504,
        "No pod of service '{service}' accepted the connection within {seconds:g} s "
        "(expose.timeouts.connect).",
        _CHECK_POD + " Or " + _RAISE.replace("{name}", "connect"),
    ),
    "first_byte_timeout": Reason(
        504,
        "The pod of service '{service}' sent no whole head of an answer within {seconds:g} s "
        "(expose.timeouts.first_byte).",
        "If the work takes that long, " + _RAISE.replace("{name}", "first_byte"),
    ),
    "idle_timeout": Reason(
        504,
        "Nothing moved for {seconds:g} s between the client and the pod of service '{service}' "
        "(expose.timeouts.idle).",
        "If pauses are normal, " + _RAISE.replace("{name}", "idle"),
    ),
}
