"""Hosts and ports, in their one normal form."""

from __future__ import annotations

import pytest

from gateway.protocol.authority import Place, normal_address, place, places


@pytest.mark.parametrize(
    ("authority", "expected"),
    [
        (b"GW.Test", Place(b"gw.test", 80, True)),
        (b"gw.test.:80", Place(b"gw.test", 80, True)),
        (b"gw.test:", Place(b"gw.test", 80, True)),
        (b"gw.test:00443", Place(b"gw.test", 443, False)),
        (b"[::FFFF:1.2.3.4]:8080", Place(b"1.2.3.4", 8080, False)),
        (b"[0:0::1]", Place(b"::1", 80, True)),
        (b"[::1", None),
        (b"[1:2]", None),
        (b"::1", None),
        (b"a@b", None),
        (b"a%2eb", None),
        (b"a b", None),
        (b"a:65536", None),
        (b"a:-1", None),
        (b".", None),
        (b"", None),
        (b":80", None),
        ("ä".encode(), None),
    ],
)
def test_places(authority: bytes, expected: Place | None) -> None:
    assert place(authority, b"http") == expected


def test_the_usual_ports_are_one() -> None:
    plain, secure = place(b"a", b"http"), place(b"a:443", b"https")
    assert plain is not None
    assert secure is not None
    assert plain.same(secure)
    assert not plain.same(Place(b"a", 443, False))
    assert not plain.same(Place(b"b", 80, True))
    assert secure.same(Place(b"a", 443, False))


def test_each_place_once() -> None:
    assert places(b"http", b"a", b"A:80", b"a:", b"b@") == (Place(b"a", 80, True),)


def test_addresses() -> None:
    assert normal_address("2001:DB8:0::1") == b"2001:db8::1"
    assert normal_address("::ffff:127.0.0.1") == normal_address("127.0.0.1") == b"127.0.0.1"
