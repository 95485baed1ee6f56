"""POSTs of clients that people use, as captured from them, with values that differ each time."""

from __future__ import annotations

import random
from typing import Final

from benchmarks.load.proxies.setup import OPEN, prefix
from benchmarks.load.traffic import FRESH


def clients(authority: str) -> list[bytes]:
    """POSTs of clients that people use, in no order, no two of a length."""
    chance = random.Random(15)
    made = []
    for number in range(512):
        template = CAPTURED[number % len(CAPTURED)]
        made.append(template(authority, chance.randrange(40, 3000)))
    chance.shuffle(made)
    return made


def _sent(path: str, fields: str, body: str) -> bytes:
    """As captured, less the first line; AUTHORITY and LENGTH were put in."""
    fields = fields.replace("LENGTH", str(len(body))).strip().replace("\n", "\r\n")
    return f"POST {prefix(OPEN)}{path} HTTP/1.1\r\n{fields}\r\n\r\n{body}".encode()


def _multipart(boundary: str, name: str, kind: str, size: int) -> str:
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n{'z' * size}\r\n--{boundary}--\r\n"
    )


def requests_json(authority: str, size: int) -> bytes:
    """requests 2.34."""
    body = '{"image": "' + "a" * size + '"}'
    return _sent("/predict", f"""
Host: {authority}
User-Agent: python-requests/2.34.2
Accept-Encoding: gzip, deflate
Accept: */*
Connection: keep-alive
Content-Length: LENGTH
Content-Type: application/json
""", body)  # fmt: skip


def curl_multipart(authority: str, size: int) -> bytes:
    """curl 7.88 -F image=@cat.jpg."""
    boundary = "-" * 24 + FRESH
    return _sent("/predict", f"""
Host: {authority}
User-Agent: curl/7.88.1
Accept: */*
Content-Length: LENGTH
Content-Type: multipart/form-data; boundary={boundary}
""", _multipart(boundary, "cat.jpg", "image/jpeg", size))  # fmt: skip


def openai_chat(authority: str, size: int) -> bytes:
    """openai 2.54."""
    text = '{"messages":[{"role":"user","content":"' + "a" * size + '"}],"model":"llama"}'
    return _sent("/v1/chat/completions", f"""
Host: {authority}
Accept-Encoding: gzip, deflate
Connection: keep-alive
Authorization: Bearer sk-0123456789abcdef
Accept: application/json
Content-Type: application/json
User-Agent: OpenAI/Python 2.54.0
X-Stainless-Lang: python
X-Stainless-Package-Version: 2.54.0
X-Stainless-OS: Linux
X-Stainless-Arch: x64
X-Stainless-Runtime: CPython
X-Stainless-Runtime-Version: 3.11.7
X-Stainless-Async: false
x-stainless-retry-count: 0
x-stainless-read-timeout: 600
Content-Length: LENGTH
""", text)  # fmt: skip


def undici_json(authority: str, size: int) -> bytes:
    """fetch() of Node.js."""
    body = '{"image":"' + "a" * size + '"}'
    return _sent("/predict", f"""
host: {authority}
connection: keep-alive
content-type: application/json
accept: */*
accept-language: *
sec-fetch-mode: cors
user-agent: node
accept-encoding: gzip, deflate
content-length: LENGTH
""", body)  # fmt: skip


def httpx_traced(authority: str, size: int) -> bytes:
    """httpx 0.28, instrumented by OpenTelemetry."""
    body = '{"image":"' + "a" * size + '"}'
    return _sent("/predict", f"""
Host: {authority}
Accept: */*
Accept-Encoding: gzip, deflate
Connection: keep-alive
User-Agent: python-httpx/0.28.1
traceparent: 00-{FRESH}{FRESH}-{FRESH}-01
Content-Length: LENGTH
Content-Type: application/json
""", body)  # fmt: skip


CAPTURED: Final = (requests_json, curl_multipart, openai_chat, undici_json, httpx_traced)
