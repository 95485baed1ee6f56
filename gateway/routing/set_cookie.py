"""Set-Cookie of a pod, so that the browser keeps it and gives it to this service alone. Pure.

RFC 6265bis (draft-ietf-httpbis-rfc6265bis), sections 4.1.3 (prefixes) and 5.7 (storage).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.protocol.authority import place

if TYPE_CHECKING:
    from gateway.services.addresses import Addresses

_HOST_PREFIX: Final = b"__host-"


def set_cookie(value: bytes, addresses: Addresses) -> bytes:
    """The value for the client: its Path under the public prefix, and no Domain that only the pod
    goes by.

    A `__Host-` cookie passes as it came: browsers drop one whose Path is not `/`. Their names are
    compared without case, as browsers do. Without a Path, the browser takes that of the request it
    sent, which is under the prefix. The last Path counts, so each gets the prefix.
    """
    first, *attributes = value.split(b";")
    if first.strip(b" \t").lower().startswith(_HOST_PREFIX):
        return value
    kept = [first]
    for attribute in attributes:
        key, _, text = attribute.partition(b"=")
        name, text = key.strip(b" \t").lower(), text.strip(b" \t")
        if name == b"path" and text[:1] == b"/":
            kept.append(key + b"=" + _path(text, addresses))
        elif name != b"domain" or not _is_foreign(text, addresses):
            kept.append(attribute)
    return b";".join(kept)


def _path(path: bytes, addresses: Addresses) -> bytes:
    """Under the prefix, whatever it is: no pod sets a cookie for another service."""
    public = addresses.public
    mapped = public.within(path)
    return public.path + path if public.strips and not mapped.startswith(public.path) else mapped


def _is_foreign(domain: bytes, addresses: Addresses) -> bool:
    """Whether a browser would drop the cookie for a Domain by which the pod means itself: it must
    be the client's name for the host, or end it. Another site's is dropped as it should be."""
    where = place(domain.removeprefix(b"."), addresses.public.scheme)
    if where is None or not addresses.owns(where.host):
        return False
    hosts = [known.host for known in addresses.public.places]
    return b":" in domain or where.host not in hosts
