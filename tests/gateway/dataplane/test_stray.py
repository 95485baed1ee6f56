"""What a browser sees that followed an absolute link out of a service."""

from __future__ import annotations

import json

import pytest

from tests.gateway.harness import PREFIX, rig


@pytest.mark.parametrize("method", [b"GET", b"POST"])
async def test_an_absolute_link_gets_a_404_that_names_the_cure_and_no_redirect(
    method: bytes,
) -> None:
    async with rig() as r:
        head = (
            method + b" /login?<script> HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 0\r\n"
            b"Referer: http://gw.test" + PREFIX + b"/start\r\n"
        )
        response = await r.ask(head + b"Accept: text/html\r\n\r\n")
        assert response.status == 404
        assert b"location" not in response.fields
        assert response.fields[b"x-gateway-error"] == b"absolute_link"
        assert b"<script>" not in response.body
        path = b"/login?&lt;script&gt;" if method == b"GET" else b"/"
        assert b'<a href="' + PREFIX + path + b'">' in response.body
        response = await r.ask(head + b"\r\n")
        texts = json.loads(response.body)
        assert texts["service"] == "echo"
        for cure in ("relative", "--root-path", "rewrite_target", PREFIX.decode()):
            assert cure in texts["remedy"]
        assert [entry.service for entry in r.log.entries] == ["echo", "echo"]
