"""The same request by HTTP/1.1 and by HTTP/2 reaches the pod, and is answered, the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.harness import DIGEST, PREFIX, TOKEN, Pod, Rig, echo
from tests.gateway.http2.peer import Peer, fields, frame, headers
from tests.gateway.http2.served import served

Said = tuple[tuple[str, str], ...]

BROWSER: Said = (
    ("sec-ch-ua", '"Chromium";v="142", "Not_A Brand";v="99"'),
    ("upgrade-insecure-requests", "1"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0"),
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("sec-fetch-mode", "navigate"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("cookie", "a=1; oscar_service_echo_auth=stale; b=2"),
    ("if-none-match", 'W/"7"'),
)
OPENAI: Said = (
    ("accept", "application/json"),
    ("content-type", "application/json"),
    ("authorization", f"Bearer {TOKEN}"),
    ("x-stainless-retry-count", "0"),
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
)
CASES: dict[str, tuple[str, str, Said, bytes | None]] = {
    "curl": ("GET", "/", (("user-agent", "curl/8.5.0"), ("accept", "*/*")), None),
    "a browser": ("GET", "/page?q=a%20b&c", BROWSER, None),
    "a browser that looks ahead": ("HEAD", "/page", BROWSER, None),
    "openai": ("POST", "/v1/chat/completions", OPENAI, b'{"model": "m"}'),
    "an upload without its length": ("PUT", "/file", (), None),
    "a DELETE with an empty body": ("DELETE", "/file", (("content-length", "0"),), b""),
    "OPTIONS": ("OPTIONS", "/", (("max-forwards", "3"),), None),
    "hops before": ("GET", "/", (("via", "1.1 a"), ("forwarded", "for=_x")), None),
    "a token in the query": ("GET", f"/?token={TOKEN}&x=1", (("accept", "*/*"),), None),
    "TRACE": ("TRACE", "/", (), None),
    "a path that climbs": ("GET", "/../x", (), None),
    "a bad length of hops": ("OPTIONS", "/", (("max-forwards", "x"),), None),
    "another's cookie": ("GET", "/", (("cookie", "x=y"), ("referer", "http://other.test/")), None),
    "a range": ("GET", "/file", (("range", "bytes=0-99"), ("if-range", '"7"')), None),
    "names with underscores": ("GET", "/", (("x_forwarded_for", "6.6.6.6"),), None),
    "proxies' fields": ("GET", "/", (("x-forwarded-for", "6.6.6.6"), ("x-real-ip", "6")), None),
}

_FRESH = re.compile(rb'(?im)^date: [^\r\n]*\r\n|"request_id": "[^"]*"')
"""The moment, and the name of a request that was too bad for its own."""


def known(data: bytes) -> bytes:
    """`data` without what is fresh each time, and without the version that a request came by."""
    return _FRESH.sub(b"", data).replace(b"2.0 oscar-gateway", b"1.1 oscar-gateway")


async def by_http_1(
    r: Rig, method: str, path: str, said: Said, body: bytes | None
) -> tuple[int, dict[str, str], bytes]:
    head = f"{method} {PREFIX.decode()}{path} HTTP/1.1\r\nhost: gateway.test\r\n"
    head += "x-request-id: 7\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in said)
    if body and "content-length" not in dict(said):
        head += f"content-length: {len(body)}\r\n"
    raw = head.encode("latin-1") + b"\r\n" + (body or b"")
    answer = await r.ask(raw, bodyless=method == "HEAD")
    got = {name.decode(): value.decode("latin-1") for name, value in answer.fields.items()}
    return answer.status, got, known(answer.body)


async def by_http_2(
    peer: Peer, number: int, method: str, path: str, said: Said, body: bytes | None
) -> tuple[int, dict[str, str], bytes]:
    if body and "content-length" not in dict(said):
        said = (*said, ("content-length", str(len(body))))
    flags = 5 if body is None else 4
    sent = headers(number, fields(method, path, ("x-request-id", "7"), *said), flags)
    await peer.send(sent if body is None else sent + frame(0, 1, number, body))
    answer = await peer.answer(number)
    got = {name: value for name, value in answer.heads[0].items() if name[0] != ":"}
    return answer.status, got, known(answer.body)


def shared(got: dict[str, str]) -> dict[str, str]:
    """Fields that do not depend on the connection, or the moment."""
    leave = {"connection", "transfer-encoding", "date", "x-request-id", "content-length"}
    return {name: value for name, value in got.items() if name not in leave}


@pytest.mark.parametrize("open_to_all", [True, False])
async def test_clients_of_many_kinds(open_to_all: bool) -> None:
    spec: dict[str, Any] = {}
    if not open_to_all:
        spec = {"digest": DIGEST, "set_auth": True, "auth_type": "forward"}
    async with served(await Pod(echo).start(), **spec) as (r, peer):
        for index, (name, case) in enumerate(CASES.items()):
            first, second = (
                await by_http_1(r, *case),
                await by_http_2(peer, 2 * index + 1, *case),
            )
            assert (first[0], shared(first[1]), first[2]) == (
                second[0],
                shared(second[1]),
                second[2],
            ), name


NAMES = st.from_regex(r"x-[a-z0-9_.~-]{1,20}", fullmatch=True)
VALUES = st.from_regex(r"([!-~\x80-\xff]([ -~\t\x80-\xff]{0,30}[!-~\x80-\xff])?)?", fullmatch=True)
PATHS = st.from_regex(r"/[!-~]{0,30}", fullmatch=True)


async def test_whatever_fields_there_are() -> None:
    async with served(await Pod(echo).start()) as (r, peer):
        numbers = iter(range(1, 100_000, 2))
        requests = st.tuples(
            st.sampled_from(["GET", "PUT", "PATCH", "QUERY"]),
            PATHS,
            st.lists(st.tuples(NAMES, VALUES), max_size=6, unique_by=lambda one: one[0]).map(tuple),
            st.none() | st.binary(max_size=100),
        )
        cases: list[tuple[str, str, Said, bytes | None]] = []

        @given(requests)
        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        def collect(case: tuple[str, str, Said, bytes | None]) -> None:
            cases.append(case)

        collect()
        for case in cases:
            first, second = await by_http_1(r, *case), await by_http_2(peer, next(numbers), *case)
            if case[3] == b"":  # a body of nothing, in chunks or not at all
                assert first[0] == second[0]
            else:
                assert (first[0], first[2]) == (second[0], second[2]), case
