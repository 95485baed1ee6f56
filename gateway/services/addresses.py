"""Where a service is for its clients, and where its pod takes itself to be; and how a URL of one
side reads on the other. Pure.

`Public` belongs to the plan of a request and is made by the planner, `Addresses` to one answer of
a pod. Both take URI references (RFC 3986, section 4.1) apart as far as they must: relative ones
lead where they should on either side and stay, as does every byte of a query and a fragment. A URL
that means anything else than this service (another service, another site, another port) stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gateway.protocol.authority import normal_address, place
from shared.service import names

if TYPE_CHECKING:
    from gateway.protocol.authority import Place
    from gateway.services.spec import Endpoint, ServiceSpec

_ABSOLUTE: Final = re.compile(rb"(?:(https?):)?//([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_EXPOSED: Final = re.compile(rb"/system/services/[a-z][a-z0-9-]*/exposed(?=[/?#]|\Z)")
_DOTS: Final = re.compile(rb"/(?:\.|%2e){1,2}(?=[/?#]|\Z)", re.IGNORECASE)
_QUERY: Final = re.compile(rb"[?#]")
_HERE: Final = frozenset({b"localhost", b"127.0.0.1", b"0.0.0.0", b"::1", b"::"})
_AFTER_PREFIX: Final = (b"", b"/", b"?", b"#")


@dataclass(frozen=True, slots=True, eq=False)
class Public:
    """A service as one client sees it, maybe through a trusted proxy in front of the gateway."""

    scheme: bytes = b"http"
    authority: bytes = b""
    """`host` or `host:port` as the client wrote it, checked; empty when it named none."""
    host: bytes = b""
    """The pod's Host. It is the client's even where a proxy in front sends another, so that the
    comparison with Origin and Referer holds that applications make (as in ingress-nginx); those
    two stay as they are, because an application may go by X-Forwarded-Proto and -Host as well."""
    outer: bytes = b""
    """The path under which the proxy in front has the gateway, without a slash at its end."""
    prefix: bytes = b""
    """The service's own at the gateway."""
    strips: bool = True
    """The pod sees paths without either."""
    places: tuple[Place, ...] = ()
    """What the client's URLs of this service name."""
    inner: tuple[Place, ...] = ()
    """What Host names besides, as the gateway got it and as the pod gets it."""
    path: bytes = field(init=False)
    """Under which the client sees the service: `outer` and `prefix`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", self.outer + self.prefix)

    @property
    def secure(self) -> bool:
        """The client's side is encrypted: cookies of ours may say Secure."""
        return self.scheme == b"https"

    @property
    def origin(self) -> bytes:
        """What a URL of this service begins with; empty (so that a path remains) when the client
        named no host."""
        return self.scheme + b"://" + self.authority if self.authority else b""

    def within(self, path: bytes) -> bytes:
        """Where the client finds what the pod calls `path`, which begins with a slash.

        An application that knows its prefix has put it there, with or without the outer one.
        """
        if _is_below(path, self.path):
            return path
        if _is_below(path, self.prefix):
            return self.outer + path
        if not self.strips or _EXPOSED.match(path.removeprefix(self.outer)):
            return path
        return self.path + (_resolved(path) if _DOTS.search(path) else path)

    def inward(self, reference: bytes) -> bytes:
        """A client's reference as the pod would write it: Destination of WebDAV.

        Applications compare its scheme and host with those of the request as they got it (nginx,
        Apache's mod_dav, Go's webdav), and Apache takes no path alone, so an absolute one stays so.
        """
        if reference[:1] == b"/" and reference[1:2] != b"/":
            return self._without(reference) or reference
        found = _ABSOLUTE.fullmatch(reference)
        if found is None:
            return reference
        scheme, authority, path = found.groups()
        where = place(authority, (scheme or self.scheme).lower())
        inside = self._without(path or b"/")
        if where is None or inside is None or not _among(where, self.places + self.inner):
            return reference
        return b"http://" + self.host + inside

    def _without(self, path: bytes) -> bytes | None:
        """What the pod calls a public path; None for one that is not below the service's."""
        for outside in (self.path, self.prefix):
            if _is_below(path, outside):
                cut = len(outside) if self.strips else len(outside) - len(self.prefix)
                rest = path[cut:]
                return rest if rest[:1] == b"/" else b"/" + rest
        return None


NOBODY: Final = Public()
"""Of requests that were not understood."""


class Addresses:
    """The addresses of a service in one exchange: those of its client, and those of its pod."""

    __slots__ = ("_endpoint", "_spec", "public")

    def __init__(self, public: Public, spec: ServiceSpec, endpoint: Endpoint) -> None:
        self.public = public
        self._spec = spec
        self._endpoint = endpoint

    def outward(self, reference: bytes) -> bytes:
        """A pod's reference as its client must read it.

        An absolute URL stays one: programs follow Location without resolving it. What names the
        public place keeps its bytes up to the path, unless that would lead from https to http.
        """
        public = self.public
        if reference[:1] == b"/" and reference[1:2] != b"/":
            return public.within(reference)
        found = _ABSOLUTE.fullmatch(reference)
        if found is None:
            return reference
        scheme, authority, path = found.groups()
        scheme = scheme and scheme.lower()
        where = place(authority, scheme or public.scheme)
        if where is None:
            return reference
        if _among(where, public.places) and (scheme in (None, b"https") or not public.secure):
            origin = reference[: found.start(3)]
        elif _among(where, public.places + public.inner) or self._is_pod(where):
            origin = public.origin
        else:
            return reference
        if public.strips and path[:1] != b"/":
            path = b"/" + path
        return origin + public.within(path)

    def _is_pod(self, where: Place) -> bool:
        """Whether a place is the pod, by any name that it may have for itself."""
        host = where.host
        if where.port in (self._endpoint.port, self._spec.api_port):
            return self.owns(host)
        return where.usual and self._is_kubernetes_service(host)

    def owns(self, host: bytes) -> bool:
        """Whether a normal host name means this service: its client's name for it, a pod's for
        itself (nginx writes the request's host and its own port), or the cluster's."""
        public, endpoint = self.public, self._endpoint
        return (
            host in _HERE
            or any(host == known.host for known in public.places + public.inner)
            or host == normal_address(endpoint.address)
            or (endpoint.pod != "" and host == endpoint.pod.encode("ascii"))
            or self._is_kubernetes_service(host)
        )

    def _is_kubernetes_service(self, host: bytes) -> bool:
        """`<name>-svc`, `….<namespace>`, `….svc`, `….<cluster domain>`
        (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/)."""
        spec = self._spec
        full = f"{names.service(spec.name)}.{spec.namespace}.svc".encode("ascii")
        parts = host.split(b".", 3)
        return b".".join(parts[:3]) in (full, full[:-4], full.partition(b".")[0])


def _among(where: Place, known: tuple[Place, ...]) -> bool:
    return any(where.same(one) for one in known)


def _is_below(path: bytes, prefix: bytes) -> bool:
    return path.startswith(prefix) and path[len(prefix) :][:1] in _AFTER_PREFIX


def _resolved(path: bytes) -> bytes:
    """A path without dot segments (RFC 3986, section 5.2.4), which browsers see in `%2e` as well:
    below a prefix, `/../x` would lead out of it."""
    end = found.start() if (found := _QUERY.search(path)) is not None else len(path)
    kept: list[bytes] = []
    name = b""
    for segment in path[1:end].split(b"/"):
        name = segment.lower().replace(b"%2e", b".")
        if name == b"..":
            del kept[-1:]
        elif name != b".":
            kept.append(segment)
    if name in (b".", b".."):
        kept.append(b"")
    return b"/" + b"/".join(kept) + path[end:]
