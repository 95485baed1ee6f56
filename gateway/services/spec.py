"""What the cluster tells the gateway of a service: its definition and its endpoints, as values.

Made by the feed. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from shared.service import names
from shared.service.model import AuthType, Protocol, RateLimit, Timeouts
from shared.service.scaling.waking import NOBODY, WakeExcept


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of a service, as an EndpointSlice states it.

    Conditions: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions
    """

    address: str
    port: int
    pod: str = ""
    ready: bool = True
    serving: bool = True
    terminating: bool = False
    uid: str = ""
    """Of the pod: random, and known inside the cluster alone."""

    @property
    def usable(self) -> bool:
        """Whether it may be given new requests."""
        return self.ready and not self.terminating

    @property
    def mark(self) -> str:
        """A name of the pod for its clients (32 hex digits), the same in all processes. It does not
        tell the address, nor can addresses be tried against it: the pod's uid is part of it."""
        facts = "\0".join((self.uid, self.pod, self.address, str(self.port)))
        return sha256(facts.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """What the definition of a service tells the gateway; equal specs need no new table."""

    name: str
    rewrite_target: bool = False
    """True hands the path to the pod with its prefix, as it came."""
    set_auth: bool = False
    auth_type: AuthType = "basic"
    digest: bytes = b""
    """SHA-256 of the token (32 bytes); empty lets nobody in when `set_auth` is true."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    protocol: Protocol = "http1"
    """What its pods speak."""
    concurrency: int = 0
    """Requests in flight that one pod takes; 0 is no limit."""
    affinity: bool = False
    rate_limit: tuple[RateLimit, ...] = ()
    stopped: bool = False
    api_port: int = 0
    """As the definition states it, for messages and URLs: endpoints carry their own port."""
    wake_except: WakeExcept = NOBODY
    """Requests that do not wake it when it sleeps, and do not keep it awake."""
    probe_path: str = "/"
    """Where its pods are asked whether they are ready."""
    namespace: str = names.NAMESPACE
    """Of the Kubernetes Service, by which a pod may call itself."""

    def shuts_out(self, new: ServiceSpec | None) -> bool:
        """Whether who was let in by this definition would not be by the `new` one (None: there is
        no service any more): it is stopped, or asks for a token that it did not ask for."""
        if new is None or new.stopped:
            return True
        return new.set_auth and not (self.set_auth and self.digest == new.digest)
