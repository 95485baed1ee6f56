"""Loopback addresses for pods: a /16 of 127.0.0.0/8 for each cluster on this machine.

The kernel answers on every address of 127.0.0.0/8, so a pod can have one without any privilege.
Who holds a subnet listens on its last address; a second cluster that tries it moves on.
"""

from __future__ import annotations

import errno
import socket
import zlib
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

KUBELET_PORT: Final = 10250
_FIRST, _LAST = 16, 250  # second octets tried; low ones are used by hand (127.0.0.1, 127.0.1.1)


class SubnetTakenError(Exception):
    """The subnet asked for is held by another cluster, or none is free; says what to do."""


class Addresses:
    """Hands out the addresses of one subnet in a ring, so that none is used again soon."""

    def __init__(self, subnet: IPv4Network, reservation: socket.socket) -> None:
        self.subnet = subnet
        self._reservation = reservation
        self._taken: set[IPv4Address] = set()
        self._next = 0

    @classmethod
    def reserve(cls, subnet: str | None, seed: str) -> Self:
        """Hold `subnet`, or when None the first free one in an order that `seed` decides.

        Raises SubnetTakenError; ValueError when `subnet` is none below 127.0.0.0/8.
        """
        if subnet is not None:
            network = _parse(subnet)
            return cls(network, _hold(network))
        count = _LAST - _FIRST + 1
        start = zlib.crc32(seed.encode()) % count
        for step in range(count):
            network = IPv4Network(f"127.{_FIRST + (start + step) % count}.0.0/16")
            try:
                return cls(network, _hold(network))
            except SubnetTakenError:
                continue
        raise SubnetTakenError("every subnet 127.16.0.0/16 … 127.250.0.0/16 is held by a cluster")

    def take(self) -> str:
        """An address that nobody has."""
        size = self.subnet.num_addresses
        for step in range(size):
            offset = (self._next + step) % size
            address = self.subnet[offset]
            if 0 < address.packed[3] < 255 and address not in self._taken:
                self._taken.add(address)
                self._next = offset + 1
                return str(address)
        raise SubnetTakenError(f"every address of {self.subnet} is in use by a pod")

    def give_back(self, address: str) -> None:
        """The pod that had `address` is gone."""
        self._taken.discard(IPv4Address(address))

    def close(self) -> None:
        """Let others have the subnet."""
        self._reservation.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _parse(text: str) -> IPv4Network:
    network = IPv4Network(text)
    if not network.subnet_of(IPv4Network("127.0.0.0/8")) or network.prefixlen > 28:
        raise ValueError(f"pod subnet {text}: give one below 127.0.0.0/8, of /28 or larger")
    return network


def _hold(network: IPv4Network) -> socket.socket:
    listener = socket.socket()
    try:
        listener.bind((str(network[-2]), KUBELET_PORT))
        listener.listen(1)
    except OSError as error:
        listener.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise SubnetTakenError(
            f"pod subnet {network} is held by another cluster on this machine: choose another one"
        ) from error
    return listener
