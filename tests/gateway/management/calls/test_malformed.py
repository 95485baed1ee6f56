"""Requests that are no HTTP, on the API's own port: refused, and nothing of them in the log."""

from __future__ import annotations

import asyncio
import base64
import logging
from typing import Any

import pytest
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.test_utils import TestClient

from gateway.management.access.budget import AT_ONCE
from gateway.management.calls.malformed import Quiet

Client = TestClient[Any, Any]
BASIC = b"Authorization: Basic " + base64.b64encode(b"oscar:secret") + b"\r\n"
POST = b"POST /system/services HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + BASIC


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /health HTTP/1.1\r\nHost: a\r\nAuthorization: Basic SECRET"
        + b"A" * 9000
        + b"\r\n\r\n",
        b"GET /health?token=SECRET" + b"A" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nAuthorization : Basic SECRET\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nAuthorization: SEC\0RET\r\n\r\n",
        b"POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: SECRET\r\n\r\n",
        b"G\0T SECRET HTTP/1.1\r\n\r\n",
        b"GET http://[SECRET/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health HTTP/1.1\r\n" + b"X-A: SECRET\r\n" * 2000 + b"\r\n",
        POST + b"Content-Encoding: br\r\nContent-Length: 6\r\n\r\nSECRET",
        POST + b"Content-Encoding: gzip\r\nContent-Length: 6\r\n\r\nSECRET",
    ],
)
async def test_no_byte_of_it_is_logged(
    anyone: Client, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    reader, writer = await asyncio.open_connection(anyone.server.host, anyone.server.port)
    writer.write(sent)
    answer = await reader.read()
    writer.close()
    assert answer.split()[1] == b"400"
    assert "SECRET" not in caplog.text
    assert "SEC\\x00RET" not in caplog.text
    assert "Traceback" not in caplog.text


def record(error: Exception, *args: str) -> logging.LogRecord:
    words = "Error handling request from %s" if args else "Unhandled exception"
    info = (type(error), error, None)
    return logging.LogRecord("x", logging.ERROR, "", 0, words, args, info)


def test_a_line_says_what_and_from_where() -> None:
    told = record(BadHttpMessage("b'SECRET'"), "10.0.0.1")
    assert Quiet().filter(told)
    assert told.getMessage() == "refused a malformed request (BadHttpMessage) from 10.0.0.1"
    assert (told.levelname, told.exc_info) == ("WARNING", None)
    other = record(ValueError("x"))
    assert Quiet().filter(other)
    assert (other.getMessage(), other.levelname) == ("Unhandled exception", "ERROR")


def test_a_flood_is_counted() -> None:
    quiet = Quiet()
    records = [record(BadHttpMessage("x")) for _ in range(AT_ONCE + 5)]
    for one in records:
        one.created = 1000.0
    assert sum(map(quiet.filter, records)) == AT_ONCE
    last = record(BadHttpMessage("x"))
    last.created = 1001.0
    assert quiet.filter(last)
    assert last.getMessage() == "refused a malformed request (BadHttpMessage); 5 more were not told"
