"""The cookie that keeps a client on its pod."""

from __future__ import annotations

from gateway.routing.affinity import chosen, line


def test_what_is_set_is_read() -> None:
    cookie = line("10.0.0.1:8080", b"/p").removeprefix(b"Set-Cookie: ").partition(b";")[0]
    assert chosen(b"a=b; " + cookie) == "10.0.0.1:8080"
    assert b"; Path=/p; HttpOnly; SameSite=Lax\r\n" in line("10.0.0.1:8080", b"/p")


def test_anything_else_is_ignored() -> None:
    for cookie in (None, b"", b"oscar_affinity=zz", b"oscar_affinity=ff", b"other=31"):
        assert chosen(cookie) == ""
