"""URLs of a service, as its client and as its pod read them: the table of cases."""

from __future__ import annotations

import pytest

from gateway.protocol.authority import places
from gateway.services.addresses import Addresses, Public
from gateway.services.spec import Endpoint, ServiceSpec

P = b"/system/services/s/exposed"
OTHER = b"/system/services/app/exposed/x"
SPEC = ServiceSpec("s", api_port=5000)
POD = Endpoint("10.0.0.9", 5000, "s-dlp-1")


def public(
    scheme: bytes = b"http",
    host: bytes = b"gw.test:8080",
    *,
    outer: bytes = b"",
    inner: bytes = b"gw.test:8080",
    strips: bool = True,
) -> Public:
    known = places(scheme, host)
    return Public(scheme, host, host or b"s", outer, P, strips, known, places(scheme, inner))


def outward(reference: bytes, seen: Public, endpoint: Endpoint = POD) -> bytes:
    return Addresses(seen, SPEC, endpoint).outward(reference)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        # paths
        (b"/login?next=/", P + b"/login?next=/"),
        (b"/", P + b"/"),
        (b"/a%2Fb%20c?u=http://x/%zz#/f", P + b"/a%2Fb%20c?u=http://x/%zz#/f"),
        (b"/system/services", P + b"/system/services"),
        (b"/health", P + b"/health"),
        (b"/../x", P + b"/x"),
        (b"/a/%2E%2e/../b/?../c", P + b"/b/?../c"),
        (b"/a/..", P + b"/"),
        # relative ones
        (b"login", b"login"),
        (b"../up", b"../up"),
        (b"?q", b"?q"),
        (b"#f", b"#f"),
        (b"", b""),
        # below the prefix already, or another service's
        (P, P),
        (P + b"/x", P + b"/x"),
        (P + b"?q", P + b"?q"),
        (P + b"-more/x", P + P + b"-more/x"),
        (OTHER, OTHER),
        (b"http://gw.test:8080" + OTHER, b"http://gw.test:8080" + OTHER),
        # the host of the client
        (b"http://gw.test:8080/x", b"http://gw.test:8080" + P + b"/x"),
        (b"http://gw.test:8080" + P + b"/x", b"http://gw.test:8080" + P + b"/x"),
        (b"HTTPS://GW.test:8080", b"HTTPS://GW.test:8080" + P + b"/"),
        (b"http://gw.test:8080?q", b"http://gw.test:8080" + P + b"/?q"),
        (b"http://gw.test:08080/x", b"http://gw.test:08080" + P + b"/x"),
        (b"http://gw.test.:8080/x", b"http://gw.test.:8080" + P + b"/x"),
        (b"//gw.test:8080/x", b"//gw.test:8080" + P + b"/x"),
        # the pod by its own names
        (b"http://gw.test:5000/docs/", b"http://gw.test:8080" + P + b"/docs/"),
        (b"http://10.0.0.9:5000/docs/", b"http://gw.test:8080" + P + b"/docs/"),
        (b"https://10.0.0.9:5000", b"http://gw.test:8080" + P + b"/"),
        (b"//localhost:5000/x", b"http://gw.test:8080" + P + b"/x"),
        (b"http://127.0.0.1:5000/x", b"http://gw.test:8080" + P + b"/x"),
        (b"http://0.0.0.0:5000/x", b"http://gw.test:8080" + P + b"/x"),
        (b"http://[::1]:5000/x", b"http://gw.test:8080" + P + b"/x"),
        (b"http://[::]:5000/x", b"http://gw.test:8080" + P + b"/x"),
        (b"http://[::ffff:10.0.0.9]:5000/x", b"http://gw.test:8080" + P + b"/x"),
        (b"http://S-dlp-1:5000/x", b"http://gw.test:8080" + P + b"/x"),
        (b"http://s-svc/x", b"http://gw.test:8080" + P + b"/x"),
        (b"http://s-svc:80/x", b"http://gw.test:8080" + P + b"/x"),
        (b"http://s-svc.oscar-svc/x", b"http://gw.test:8080" + P + b"/x"),
        (b"http://s-svc.oscar-svc.svc/x", b"http://gw.test:8080" + P + b"/x"),
        (b"http://s-svc.oscar-svc.svc.cluster.local/x", b"http://gw.test:8080" + P + b"/x"),
        (b"http://10.0.0.9:5000" + P + b"/x", b"http://gw.test:8080" + P + b"/x"),
        (b"http://localhost:5000" + OTHER, b"http://gw.test:8080" + OTHER),
    ],
)  # fmt: skip
def test_what_a_pod_writes(reference: bytes, expected: bytes) -> None:
    assert outward(reference, public()) == expected


@pytest.mark.parametrize(
    "reference",
    [
        b"//cdn.test/x",
        b"https://elsewhere/x",
        b"http://gw.test/x",
        b"http://gw.test:8081/x",
        b"http://gw.test:8080.evil/x",
        b"http://gw.test.evil:8080/x",
        b"http://xgw.test:8080/x",
        b"http://gw.test:8080@evil/x",
        b"http://user:pw@gw.test:8080/x",
        b"http://gw.test:99999/x",
        b"http://gw.test:80a/x",
        b"http://gw%2Etest:8080/x",
        b"http://gw.test:8080\\@evil/x",
        b"http://[::1/x",
        b"http://[1:2]:5000/x",
        b"http:///x",
        b"http:/x",
        b"http:x",
        b"ftp://gw.test:8080/x",
        b"ws://gw.test:8080/x",
        b"mailto:a@gw.test",
        b"javascript:alert(1)",
        b"data:text/html,x",
        b"http://10.0.0.9/x",
        b"http://10.0.0.9:5001/x",
        b"http://10.0.0.8:5000/x",
        b"http://localhost/x",
        b"http://app-svc/x",
        b"http://s-svc.other/x",
        b"http://s-svc.com/x",
        b"http://s-svc.oscar-svc.evil/x",
        b"http://s-svc:8081/x",
    ],
)
def test_what_means_something_else_stays(reference: bytes) -> None:
    for strips in (True, False):
        assert outward(reference, public(strips=strips)) == reference


@pytest.mark.parametrize("scheme", [b"http", b"https"])
@pytest.mark.parametrize(
    "written",
    [
        b"http://gw.test/x",
        b"http://gw.test:80/x",
        b"https://gw.test/x",
        b"https://gw.test:443/x",
        b"http://GW.TEST:/x",
        b"http://gw.test./x",
    ],
)
def test_the_default_port_may_be_written_or_not(scheme: bytes, written: bytes) -> None:
    """RFC 3986, section 6.2.3. An application that does not look at X-Forwarded-Proto takes https
    for http; its redirects must not lead a browser out of https."""
    found = outward(written, public(scheme, b"gw.test", inner=b"gw.test"))
    assert found.endswith(P + b"/x")
    if scheme == b"https":
        assert found.startswith(b"https://gw.test")
    else:
        assert found.startswith(written[:-2])


def test_forms_of_ipv6_are_one() -> None:
    seen = public(b"http", b"[2001:db8::1]:8080", inner=b"[2001:db8::1]:8080")
    for host in (b"[2001:DB8:0:0:0:0:0:1]:8080", b"[2001:db8::0001]:8080"):
        assert outward(b"http://" + host + b"/x", seen) == b"http://" + host + P + b"/x"
    found = outward(b"http://[2001:db8::9]:5000/x", seen, Endpoint("2001:db8:0::9", 5000))
    assert found == b"http://[2001:db8::1]:8080" + P + b"/x"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (b"/x", b"/outer" + P + b"/x"),
        (P + b"/x", b"/outer" + P + b"/x"),
        (b"/outer" + P + b"/x", b"/outer" + P + b"/x"),
        (b"/outer/x", b"/outer" + P + b"/outer/x"),
        (OTHER, OTHER),
        (b"/outer" + OTHER, b"/outer" + OTHER),
        (b"http://inner/x", b"https://out.test/outer" + P + b"/x"),
        (b"http://inner:80/x", b"https://out.test/outer" + P + b"/x"),
        (b"http://out.test/x", b"https://out.test/outer" + P + b"/x"),
        (b"https://out.test:443/outer" + P, b"https://out.test:443/outer" + P),
        (b"http://inner:5000/x", b"https://out.test/outer" + P + b"/x"),
        (b"http://out.test:5000/x", b"https://out.test/outer" + P + b"/x"),
        (b"//inner/x", b"https://out.test/outer" + P + b"/x"),
    ],
)
def test_behind_a_trusted_proxy(reference: bytes, expected: bytes) -> None:
    seen = public(b"https", b"out.test", outer=b"/outer", inner=b"inner")
    assert outward(reference, seen) == expected


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (b"/login", b"/login"),
        (P + b"/x", b"/outer" + P + b"/x"),
        (b"/outer" + P + b"/x", b"/outer" + P + b"/x"),
        (b"http://10.0.0.9:5000" + P + b"/x", b"https://out.test/outer" + P + b"/x"),
        (b"http://out.test" + P + b"/x", b"https://out.test/outer" + P + b"/x"),
        (b"https://out.test", b"https://out.test"),
        (b"http://localhost:5000/login", b"https://out.test/login"),
    ],
)
def test_a_pod_that_knows_its_prefix(reference: bytes, expected: bytes) -> None:
    """With `rewrite_target: true` paths are the application's own, but its host and port are still
    not the client's."""
    seen = public(b"https", b"out.test", outer=b"/outer", inner=b"out.test", strips=False)
    assert outward(reference, seen) == expected


def test_a_client_without_host_gets_paths() -> None:
    """HTTP/1.0; the pod got the service's name as Host."""
    seen = public(b"http", b"", inner=b"s")
    assert outward(b"http://s/x", seen) == P + b"/x"
    assert outward(b"http://10.0.0.9:5000/x", seen) == P + b"/x"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (b"https://out.test/outer" + P + b"/a%20b", b"http://out.test/a%20b"),
        (b"http://out.test:443" + P + b"/a", b"http://out.test/a"),
        (b"http://inner" + P, b"http://out.test/"),
        (b"/outer" + P + b"/a", b"/a"),
        (P + b"/a", b"/a"),
        (b"/a", b"/a"),
        (b"https://out.test" + OTHER, b"https://out.test" + OTHER),
        (b"https://else.test" + P + b"/a", b"https://else.test" + P + b"/a"),
        (b"opaquelocktoken:1", b"opaquelocktoken:1"),
        (b"https://u@out.test" + P, b"https://u@out.test" + P),
    ],
)
def test_what_a_client_writes(reference: bytes, expected: bytes) -> None:
    seen = public(b"https", b"out.test", outer=b"/outer", inner=b"inner")
    assert seen.inward(reference) == expected


def test_a_pod_that_knows_its_prefix_gets_it() -> None:
    seen = public(b"https", b"out.test", outer=b"/outer", inner=b"inner", strips=False)
    assert seen.inward(b"https://out.test/outer" + P + b"/a") == b"http://out.test" + P + b"/a"
    assert seen.inward(P + b"/a") == P + b"/a"


def test_no_prefix_at_all() -> None:
    """The services API."""
    seen = Public(b"http", b"h", b"h", b"/outer", b"", strips=False)
    assert seen.within(b"/system/services/a") == b"/outer/system/services/a"
    assert seen.within(b"/outer/system") == b"/outer/system"
    assert seen.inward(b"/outer/system") == b"/system"
