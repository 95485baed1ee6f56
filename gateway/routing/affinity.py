"""Keeping a client on its pod by a cookie, as far as that pod lives."""

from __future__ import annotations

from typing import Final

from gateway.protocol.headers import cookies

COOKIE: Final = b"oscar_affinity"


def chosen(cookie: bytes | None) -> str:
    """The label (`ip:port`) of the pod that a Cookie field names; empty when it names none."""
    for value in cookies(cookie, COOKIE) if cookie is not None else []:
        try:
            return bytes.fromhex(value.decode("ascii")).decode("ascii")
        except ValueError:
            continue
    return ""


def line(label: str, prefix: bytes) -> bytes:
    """The Set-Cookie line that binds a client to the pod `label`."""
    value = label.encode("ascii").hex().encode("ascii")
    path = prefix or b"/"
    return b"Set-Cookie: %b=%b; Path=%b; HttpOnly; SameSite=Lax\r\n" % (COOKIE, value, path)
