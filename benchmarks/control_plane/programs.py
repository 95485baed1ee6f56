"""The processes of a control plane of one machine, and what each is told. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.cli.local.children import Program
from shared.runtime.certificate import files_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from benchmarks.control_plane.binaries import Binaries

HOST: Final = "127.0.0.1"
ISSUER: Final = "https://kubernetes.default.svc.cluster.local"
SERVER, ACCOUNTS, PROXY = "server", "accounts", "proxy"
"""Folders of certificates: the API server's own, the key that signs tokens of service accounts, and
what the aggregator shows to the servers behind it."""
TOKENS: Final = "tokens.csv"
CONTROLLERS, SCHEDULER = "kube-controller-manager", "kube-scheduler"
USERS: Final = {
    "admin": ("kubernetes-admin", "system:masters"),
    CONTROLLERS: (f"system:{CONTROLLERS}", ""),
    SCHEDULER: (f"system:{SCHEDULER}", ""),
}
"""Name of a kubeconfig → user and group, as kubeadm names them."""


@dataclass(frozen=True, slots=True)
class Places:
    """The folder of all state, and ports of 127.0.0.1."""

    home: Path
    api: int
    etcd: int
    peer: int

    def kubeconfig(self, name: str) -> Path:
        """Of one of USERS, or of a service account of ours."""
        return self.home / ("kubeconfig" if name == "admin" else f"{name}.kubeconfig")


def tokens(given: Mapping[str, str]) -> str:
    """The API server's file of static tokens, from those by name of USERS."""
    rows = ((given[name], *USERS[name]) for name in given)
    return "".join(f'{token},{user},{user},"{group}"\n' for token, user, group in rows)


def etcd(binaries: Binaries, places: Places, environ: Mapping[str, str]) -> Program:
    """The store; it need not survive, so that it never waits for the disk."""
    folder = str(places.home / "etcd")
    client, peer = (f"http://{HOST}:{port}" for port in (places.etcd, places.peer))
    options = {"dir": folder, "client": client, "peer": peer}
    if binaries.is_plain_etcd:
        options = {
            "data-dir": folder,
            **{f"{verb}-client-urls": client for verb in ("listen", "advertise")},
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"default={peer}",
            "unsafe-no-fsync": "true",
        }
    return _program(binaries, "etcd", options, environ)


def api_server(binaries: Binaries, places: Places, environ: Mapping[str, str]) -> Program:
    """With RBAC, tokens of service accounts and the aggregator."""
    own, accounts, proxy = (files_in(places.home / folder) for folder in (SERVER, ACCOUNTS, PROXY))
    return _program(binaries, "kube-apiserver", {
        "etcd-servers": f"http://{HOST}:{places.etcd}",
        "bind-address": HOST,
        "secure-port": str(places.api),
        "tls-cert-file": str(own.certificate),
        "tls-private-key-file": str(own.key),
        "token-auth-file": str(places.home / TOKENS),
        "authorization-mode": "Node,RBAC",
        "service-cluster-ip-range": "10.96.0.0/16",
        "endpoint-reconciler-type": "none",  # the address is loopback, which no endpoint may have
        "service-account-issuer": ISSUER,
        "service-account-signing-key-file": str(accounts.key),
        "service-account-key-file": str(accounts.certificate),
        "requestheader-client-ca-file": str(proxy.authority),
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-username-headers": "X-Remote-User",
        "proxy-client-cert-file": str(proxy.certificate),
        "proxy-client-key-file": str(proxy.key),
        "enable-aggregator-routing": "true",  # there is no kube-proxy
    }, environ)  # fmt: skip


def controllers(binaries: Binaries, places: Places, environ: Mapping[str, str]) -> Program:
    """All that run by default, the HorizontalPodAutoscaler's among them, with their own times."""
    return _program(binaries, CONTROLLERS, {
        **_client(places, CONTROLLERS),
        "use-service-account-credentials": "true",
        "service-account-private-key-file": str(files_in(places.home / ACCOUNTS).key),
        "root-ca-file": str(files_in(places.home / SERVER).authority),
    }, environ)  # fmt: skip


def scheduler(binaries: Binaries, places: Places, environ: Mapping[str, str]) -> Program:
    """With its defaults."""
    return _program(binaries, SCHEDULER, _client(places, SCHEDULER), environ)


def _client(places: Places, name: str) -> dict[str, str]:
    """The options of a client of the API server that is the only one of its kind, and whom nobody
    asks."""
    kubeconfig = str(places.kubeconfig(name))
    return {"kubeconfig": kubeconfig, "leader-elect": "false", "secure-port": "0"}


def node(places: Places, environ: Mapping[str, str], sample_period: float) -> Program:
    """Our agent as the only node."""
    arguments = ("--home", str(places.home / "node"), "--sample-period", f"{sample_period:g}")
    environment = {**environ, "KUBECONFIG": str(places.kubeconfig("admin"))}
    words = ("-m", "benchmarks.control_plane.node", *arguments)
    return Program("node", words, environment, stop_seconds=30.0)


def _program(
    binaries: Binaries, name: str, options: Mapping[str, str], environ: Mapping[str, str]
) -> Program:
    arguments = [f"--{option}={value}" for option, value in options.items()]
    path = binaries.path(name)
    return Program(name, arguments, dict(environ), stop_seconds=20.0, executable=path)
