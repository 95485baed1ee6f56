"""Where the URLs are in the fields that hold some."""

from __future__ import annotations

import pytest

from gateway.protocol.authority import places
from gateway.routing.references import inward, outward, unchanged
from gateway.services.addresses import Addresses, Public
from gateway.services.spec import Endpoint, ServiceSpec

P = b"/system/services/s/exposed"
HERE = places(b"http", b"gw.test")
SEEN = Public(b"http", b"gw.test", b"gw.test", b"", P, True, HERE, HERE)
ADDRESSES = Addresses(SEEN, ServiceSpec("s", api_port=5000), Endpoint("10.0.0.9", 5000, "s-1"))
KNOWING = Addresses(
    Public(b"http", b"gw.test", b"gw.test", b"/o", P, False, HERE, HERE),
    ServiceSpec("s", api_port=5000),
    Endpoint("10.0.0.9", 5000),
)


@pytest.mark.parametrize("name", [b"Location", b"Content-Location"])
def test_locations(name: bytes) -> None:
    assert outward(name.lower(), b"/a", ADDRESSES) == name + b": " + P + b"/a"
    assert outward(name.lower(), b"a", ADDRESSES) == unchanged(name.lower(), b"a") == name + b": a"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"5", b"5"),
        (b"5; url=/x", b"5; url=" + P + b"/x"),
        (b"0;URL='/x'", b"0;URL='" + P + b"/x'"),
        (b'0; url="/x" trailing', b'0; url="' + P + b'/x" trailing'),
        (b"0; url='/x", b"0; url='" + P + b"/x"),
        (b"0, /x", b"0, " + P + b"/x"),
        (b"0 /x", b"0 " + P + b"/x"),
        (b".5;url = http://10.0.0.9:5000/x", b".5;url = http://gw.test" + P + b"/x"),
        (b"0; url=http://elsewhere/", b"0; url=http://elsewhere/"),
        (b"0; url=next", b"0; url=next"),
        (b"0; urls/x", b"0; urls/x"),
        (b"never", b"never"),
        (b"0x; url=/x", b"0x; url=/x"),
    ],
)
def test_refresh(value: bytes, expected: bytes) -> None:
    assert outward(b"refresh", value, ADDRESSES) == b"Refresh: " + expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"</a.css>; rel=preload; as=style", b"<" + P + b"/a.css>; rel=preload; as=style"),
        (
            b'</a,b>; rel="next", <c>; title="</not>, <x>", <http://gw.test/d>',
            b"<" + P + b'/a,b>; rel="next", <c>; title="</not>, <x>", <http://gw.test' + P + b"/d>",
        ),
        (b'</a>; anchor="/b"; title="anchor=\\"/c"', b"<%b/a>; anchor=\"%b/b\"; title=\"anchor=\\\"/c\"" % (P, P)),  # noqa: E501
        (b"<https://cdn.test/x>; rel=preconnect", b"<https://cdn.test/x>; rel=preconnect"),
        (b"<>; rel=self", b"<>; rel=self"),
        (b"no link", b"no link"),
        (b"</unclosed", b"<" + P + b"/unclosed"),
    ],
)  # fmt: skip
def test_links(value: bytes, expected: bytes) -> None:
    """RFC 8288, section 3: each `<URI-Reference>`, whatever stands in quoted strings."""
    assert outward(b"link", value, ADDRESSES) == b"Link: " + expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"/", P + b"/"),
        (b"/app/", P + b"/app/"),
        (P + b"/", P + b"/"),
        (P + b"/app", P + b"/app"),
        (b"./", P + b"/"),
        (b"../../../..", P + b"/"),
        (b"/a/../../../../..", P + b"/"),
        (b"/%2e%2e/", P + b"/"),
        (b"/\\..\\", P + b"/"),
        (b"//gw.test/", P + b"/"),
        (b"http://gw.test/", P + b"/"),
        (b"/system/services/app/exposed/", P + b"/"),
        (P, P + b"/"),
        (b"", P + b"/"),
    ],
)
def test_a_service_worker_stays_in_its_service(value: bytes, expected: bytes) -> None:
    """https://w3c.github.io/ServiceWorker/: without the field its scope is its script's folder."""
    line = b"Service-Worker-Allowed: "
    assert outward(b"service-worker-allowed", value, ADDRESSES) == line + expected


def test_a_service_worker_of_a_pod_that_knows_its_prefix() -> None:
    line = b"Service-Worker-Allowed: /o" + P
    for value, expected in ((b"/", b"/"), (P + b"/a/", b"/a/"), (b"/o" + P + b"/a/", b"/a/")):
        assert outward(b"service-worker-allowed", value, KNOWING) == line + expected


def test_fields_of_webdav() -> None:
    """RFC 4918, sections 10.3 and 10.4."""
    assert inward(b"destination", b"http://gw.test" + P + b"/b", SEEN) == (
        b"Destination: http://gw.test/b"
    )
    given = b'<http://gw.test%b/a> (<urn:uuid:1> ["x"]) <%b/b> (Not <DAV:no-lock>)' % (P, P)
    assert inward(b"if", given, SEEN) == (
        b'If: <http://gw.test/a> (<urn:uuid:1> ["x"]) </b> (Not <DAV:no-lock>)'
    )
