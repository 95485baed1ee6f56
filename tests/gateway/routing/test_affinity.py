"""The cookie that keeps a client on its pod."""

from __future__ import annotations

import pytest

from gateway.routing.affinity import chosen, line
from gateway.services.addresses import Public

MARK = "0123456789abcdef" * 2


def test_what_is_set_is_read() -> None:
    made = line(MARK, Public(prefix=b"/p"))
    assert made.endswith(b"; Path=/p; HttpOnly; SameSite=Lax\r\n")
    cookie = made.removeprefix(b"Set-Cookie: ").partition(b";")[0]
    assert chosen(b"a=b; " + cookie) == MARK


def test_it_goes_by_tls_alone_when_the_client_does() -> None:
    public = Public(b"https", outer=b"/outer", prefix=b"/p")
    assert b"; Path=/outer/p; HttpOnly; Secure; SameSite=Lax\r\n" in line(MARK, public)


@pytest.mark.parametrize("cookie", [None, b"", b"oscar_affinity=zz", b"oscar_affinity=ff", b"o=31"])
def test_anything_else_is_ignored(cookie: bytes | None) -> None:
    assert chosen(cookie) == ""
