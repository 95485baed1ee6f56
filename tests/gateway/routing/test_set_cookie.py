"""Cookies of pods, as browsers keep them."""

from __future__ import annotations

import pytest

from gateway.protocol.authority import places
from gateway.routing.set_cookie import set_cookie
from gateway.services.addresses import Addresses, Public
from gateway.services.spec import Endpoint, ServiceSpec

P = b"/system/services/s/exposed"
OTHER = b"/system/services/app/exposed"
SPEC = ServiceSpec("s", api_port=5000)
POD = Endpoint("10.0.0.9", 5000, "s-1")


def seen(*, outer: bytes = b"", strips: bool = True) -> Addresses:
    known, inner = places(b"https", b"gw.test:8443"), places(b"https", b"inner")
    public = Public(b"https", b"gw.test:8443", b"gw.test", outer, P, strips, known, inner)
    return Addresses(public, SPEC, POD)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"a=b", b"a=b"),
        (b"a=b; Path=/; HttpOnly", b"a=b; Path=" + P + b"/; HttpOnly"),
        (b"a=b;path=/app", b"a=b;path=" + P + b"/app"),
        (b"a=b; PATH = /app ; Secure", b"a=b; PATH =" + P + b"/app; Secure"),
        (b"a=b; Path=; Secure", b"a=b; Path=; Secure"),
        (b"a=b; Path=app", b"a=b; Path=app"),
        (b"path=/x; Path=/y", b"path=/x; Path=" + P + b"/y"),
        (b"a=b; Path=/x; Path=/y", b"a=b; Path=" + P + b"/x; Path=" + P + b"/y"),
        (b"a=b; Path=" + P, b"a=b; Path=" + P),
        (b"a=b; Path=" + P + b"-more", b"a=b; Path=" + P + P + b"-more"),
        (b"a=b; Path=" + OTHER, b"a=b; Path=" + P + OTHER),
    ],
)
def test_paths(value: bytes, expected: bytes) -> None:
    assert set_cookie(value, seen()) == expected


@pytest.mark.parametrize("name", [b"__Host-s", b"__host-S", b" __HOST-s", b"__Host-Http-s"])
def test_host_cookies_keep_their_path(name: bytes) -> None:
    """RFC 6265bis, section 4.1.3.2, and 5.7: browsers drop one whose Path is not `/`, and compare
    the prefix without case."""
    value = name + b"=1; Path=/; Secure; HttpOnly; SameSite=Lax"
    assert set_cookie(value, seen(outer=b"/o")) == value


def test_secure_cookies_have_a_path_like_any() -> None:
    """RFC 6265bis, section 4.1.3.1: `__Secure-` asks for Secure alone."""
    value = b"__Secure-s=1; Secure; Path=/"
    assert set_cookie(value, seen()) == value[:-1] + P + b"/"
    assert set_cookie(b"x=__Host-; Path=/", seen()) == b"x=__Host-; Path=" + P + b"/"


@pytest.mark.parametrize(
    ("domain", "kept"),
    [
        (b"gw.test", True),
        (b".GW.test", True),
        (b"test", True),
        (b"elsewhere.test", True),
        (b"", True),
        (b"gw.test:8443", False),
        (b"10.0.0.9", False),
        (b"localhost", False),
        (b".localhost", False),
        (b"127.0.0.1:5000", False),
        (b"s-1", False),
        (b"S-svc", False),
        (b"s-svc.oscar-svc.svc.cluster.local", False),
        (b"inner", False),
        (b"app-svc", True),
    ],
)
def test_a_domain_by_which_the_pod_means_itself_goes(domain: bytes, kept: bool) -> None:
    """RFC 6265, section 5.3, step 6: a browser ignores a cookie whose Domain its host does not
    match; without one the cookie is for the host that it asked. Another site's stays ignored."""
    found = set_cookie(b"a=b; Domain=" + domain + b"; HttpOnly", seen())
    assert found == (b"a=b; Domain=" + domain if kept else b"a=b") + b"; HttpOnly"


def test_the_outer_prefix() -> None:
    for path in (b"/x", P + b"/x", b"/o" + P + b"/x"):
        value = b"a=b; Path=" + path
        assert set_cookie(value, seen(outer=b"/o")) == b"a=b; Path=/o" + P + b"/x"


def test_a_pod_that_knows_its_prefix_means_what_it_says() -> None:
    assert set_cookie(b"a=b; Path=/", seen(strips=False)) == b"a=b; Path=/"
    knowing = seen(strips=False, outer=b"/o")
    assert set_cookie(b"a=b; Path=" + P + b"/", knowing) == b"a=b; Path=/o" + P + b"/"
