"""The programs of Kubernetes that the benchmark starts, and what to do when they are not there."""

from __future__ import annotations

import errno
import os
import subprocess
from dataclasses import dataclass
from ipaddress import IPv4Network
from socket import SO_REUSEADDR, SOL_SOCKET, socket
from typing import TYPE_CHECKING, Final

import click

from shared.cli.exits import USAGE

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
PODS: Final = IPv4Network("10.244.0.0/16")
"""Addresses of pods. The API server refuses loopback addresses as endpoints, so that these are
routed to this machine."""
METRICS: Final = str(PODS[-2])
"""Where the node serves metrics.k8s.io."""
HOLDER: Final = (METRICS, 10250)
"""Who listens here has the addresses of pods for himself."""

_BUILD: Final = """\
Kubernetes' sources (https://github.com/kubernetes/kubernetes, v1.36 or newer) build them:
  make all WHAT="cmd/kube-apiserver cmd/kube-controller-manager cmd/kube-scheduler"
  cp _output/bin/kube-* DIR
etcd is a release of https://github.com/etcd-io/etcd, or built from what Kubernetes vendors of it"""
_ROUTE: Final = f"""\
addresses of {PODS} are not this machine's, and pods need them; as root:
  ip route add local {PODS} dev lo"""


class MissingError(click.ClickException):
    """Something that the benchmark needs is not there; nothing was started."""

    exit_code = USAGE


@dataclass(frozen=True, slots=True)
class Binaries:
    """Where they are; `is_plain_etcd`: whether etcd has the options of its releases, else those of
    a small program around its package `embed`: -dir, -client and -peer."""

    folder: Path
    is_plain_etcd: bool = True

    def path(self, name: str) -> str:
        """One of them."""
        return str(self.folder / name)

    def version(self) -> str:
        """Kubernetes' version."""
        command = [self.path("kube-apiserver"), "--version"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def find(folder: Path) -> Binaries:
    """Those in `folder`; MissingError."""
    missing = [name for name in NAMES if not os.access(folder / name, os.X_OK)]
    if missing:
        raise MissingError(f"{folder} has no {', '.join(missing)}. {_BUILD}")
    command = [str(folder / "etcd"), "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    return Binaries(folder, "--listen-client-urls" in told.stdout + told.stderr)


def check_addresses() -> None:
    """MissingError when pods could not listen on their addresses, or those of another run do."""
    with socket() as probe:
        probe.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        try:
            probe.bind(HOLDER)
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            raise MissingError(f"another run has {PODS}" if taken else _ROUTE) from error
