"""Binding sockets."""

from __future__ import annotations

import socket

import pytest

from gateway.net.listening import ListenError, bind


def test_port_zero_is_any_free_port() -> None:
    with bind(("127.0.0.1", 0), "GATEWAY_PORT") as sock:
        assert sock.getsockname()[1] > 0
        assert not sock.getblocking()


def test_a_taken_port_names_the_setting() -> None:
    with bind(("127.0.0.1", 0), "X") as first:
        first.listen()
        with pytest.raises(ListenError, match=r"choose another port with GATEWAY_PORT"):
            bind(first.getsockname()[:2], "GATEWAY_PORT")


def test_a_shared_port_may_be_bound_again() -> None:
    with bind(("127.0.0.1", 0), "X", shared=True) as first:
        bind(first.getsockname()[:2], "X", shared=True).close()
        first.listen()
        with pytest.raises(ListenError):
            bind(first.getsockname()[:2], "X")


def test_an_unknown_host_is_named() -> None:
    with pytest.raises(ListenError, match=r"no\.such\.host"):
        bind(("no.such.host.invalid", 0), "X")


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_ipv6() -> None:
    try:
        sock = bind(("::1", 0), "X")
    except ListenError:
        pytest.skip("the machine has no IPv6 loopback")
    assert sock.family is socket.AF_INET6
    sock.close()
