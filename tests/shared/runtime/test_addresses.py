from __future__ import annotations

from ipaddress import ip_network

import pytest

from shared.runtime.addresses import Address, client, parse

PROXIES = (ip_network("10.0.0.0/8"), ip_network("127.0.0.0/8"))


def trusts(address: Address) -> bool:
    return any(address in one for one in PROXIES)


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # nobody believes a stranger
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),  # the client's own lie is ignored
        ("10.0.0.1", "1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, lies, 10.0.0.2", "10.0.0.2"),
        ("127.0.0.1", "127.0.0.2", "127.0.0.2"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", " ", "127.0.0.1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("10.0.0.1", '"[2001:db8:1:2:5::6]:443"', "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "", "fe80::/64"),
        ("unix", "198.51.100.7", "unix"),
    ],
)
def test_who_sent_it(peer: str, forwarded_for: str, address: str) -> None:
    assert client(peer, forwarded_for, trusts) == address


@pytest.mark.parametrize("text", ["", "x", "1.2.3", "[::1", "1.2.3.4:80", "::1", "_hidden"])
def test_an_address_or_none(text: str) -> None:
    assert (parse(text) is None) is (text in ("", "x", "1.2.3", "_hidden"))
