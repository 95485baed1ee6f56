"""IP addresses and ranges as Services, endpoints, policies and pods may name them. Pure.

Source: k8s.io/apimachinery, util/validation/ip.go, and ValidateNonSpecialIP of
k8s.io/kubernetes/pkg/apis/core/validation. Loopback addresses are fit for endpoints here, unlike in
Kubernetes: the pods of the embedded cluster have such addresses.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause

    Address = ipaddress.IPv4Address | ipaddress.IPv6Address
    Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NO_ADDRESS: Final = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_NO_RANGE: Final = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_LEADING_ZERO: Final = re.compile(r"(^|\.)0\d")
_LINK_LOCAL_MULTICAST: Final = (
    ipaddress.ip_network("224.0.0.0/24"),
    ipaddress.ip_network("ff02::/16"),
)


@functools.lru_cache(4096)
def parsed(text: str) -> Address | None:
    """The address; None for what is none."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def network(text: str) -> Network | None:
    """The range, whatever its host bits; None for what is none."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def address(field: str, text: str) -> Iterator[Cause]:
    """Any IP address."""
    found = parsed(text)
    if found is None:
        padded = _LEADING_ZERO.search(text) and parsed(_unpadded(text))
        yield checks.invalid(field, text, "must not have leading 0s" if padded else _NO_ADDRESS)
    elif isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        yield checks.invalid(field, text, "must not be an IPv4-mapped IPv6 address")


def cidr(field: str, text: str) -> Iterator[Cause]:
    """A range of addresses such as 10.0.0.0/8."""
    found = network(text) if "/" in text else None
    if found is None:
        host, slash, length = text.partition("/")
        padded = slash and _LEADING_ZERO.search(host) and network(f"{_unpadded(host)}/{length}")
        yield checks.invalid(field, text, "must not have leading 0s" if padded else _NO_RANGE)
    elif parsed(text.partition("/")[0]) != found.network_address:
        yield checks.invalid(field, text, "must not have bits set beyond the prefix length")


def endpoint(field: str, text: str) -> Iterator[Cause]:
    """An address that traffic is sent to; what is no address is told by `address`."""
    found = parsed(text)
    if found is None:
        return
    if found.is_unspecified:
        yield checks.invalid(field, text, f"may not be unspecified ({text})")
    if found.is_link_local:
        why = "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
        yield checks.invalid(field, text, why)
    if any(found in each for each in _LINK_LOCAL_MULTICAST):
        why = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
        yield checks.invalid(field, text, why)


def external(field: str, text: str) -> Iterator[Cause]:
    """An address of the world outside: never a loopback one."""
    found = parsed(text)
    if found is not None and found.is_loopback:
        why = "may not be in the loopback range (127.0.0.0/8, ::1/128)"
        yield checks.invalid(field, text, why)
    yield from endpoint(field, text)


def _unpadded(text: str) -> str:
    return re.sub(r"(^|\.)0+(?=\d)", r"\1", text)
