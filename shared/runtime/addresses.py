"""The address of whoever sent a request that proxies passed on. Pure.

X-Forwarded-For is believed from trusted proxies alone, from the right: each names who called it,
and what a client writes there itself stands further left than any of them.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address


def client(peer: str, forwarded_for: str, trusts: Callable[[Address], bool]) -> str:
    """The nearest address that is no trusted proxy's, the farthest known if all are.

    One of IPv6 stands for the network of 64 bits that its owner has (RFC 6177).
    """
    found = parse(peer)
    for named in reversed(forwarded_for.split(",")):
        if found is None or not trusts(found):
            break
        before = parse(named)
        if before is None:
            break
        found = before
    return _shown(found) if found is not None else peer


def parse(text: str) -> Address | None:
    """An address as proxies write it: plain, in brackets, with a port (RFC 7239, section 6)."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _shown(address: Address) -> str:
    if isinstance(address, IPv6Address) and not address.is_loopback:
        return str(ip_network((address, 64), strict=False))
    return str(address)
