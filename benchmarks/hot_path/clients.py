"""Heads as clients write them that people use: what differs from request to request, differs here.

Each template takes the number of the request and the length of its body.
"""

from __future__ import annotations

from typing import Final

PATH: Final = b"/system/services/echo/exposed/"
_HOST: Final = b"gateway.test"
_BROWSER: Final = (
    b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    b"Chrome/126.0.0.0 Safari/537.36"
)

REQUESTS: Final = (
    b"POST %bpredict HTTP/1.1\r\nHost: %b\r\nUser-Agent: python-requests/2.32.3\r\n"
    b"Accept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n"
    b"Content-Length: {length}\r\nContent-Type: application/json\r\n\r\n"
) % (PATH, _HOST)
CURL: Final = (
    b"POST %bpredict HTTP/1.1\r\nHost: %b\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n"
    b"Content-Length: {length}\r\n"
    b"Content-Type: multipart/form-data; boundary=------------------------Zq{id}\r\n\r\n"
) % (PATH, _HOST)
OPENAI: Final = (
    b"POST %bv1/chat/completions HTTP/1.1\r\nHost: %b\r\nAccept-Encoding: gzip, deflate\r\n"
    b"Connection: keep-alive\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
    b"User-Agent: OpenAI/Python 1.35.3\r\nX-Stainless-Lang: python\r\n"
    b"X-Stainless-Package-Version: 1.35.3\r\nX-Stainless-OS: Linux\r\nX-Stainless-Arch: x64\r\n"
    b"X-Stainless-Runtime: CPython\r\nX-Stainless-Runtime-Version: 3.11.2\r\n"
    b"Authorization: Bearer sk-none\r\nX-Stainless-Async: false\r\n"
    b"Idempotency-Key: stainless-python-retry-{id}\r\nContent-Length: {length}\r\n\r\n"
) % (PATH, _HOST)
UNDICI: Final = (
    b"POST %bpredict HTTP/1.1\r\nhost: %b\r\nconnection: keep-alive\r\n"
    b"content-type: application/json\r\ntraceparent: 00-0af7651916cd43dd{id}-b7ad{number}-01\r\n"
    b"accept: */*\r\naccept-language: *\r\nsec-fetch-mode: cors\r\nuser-agent: node\r\n"
    b"accept-encoding: gzip, deflate\r\ncontent-length: {length}\r\n\r\n"
) % (PATH, _HOST)
HTTPX: Final = (
    b"POST %bpredict HTTP/1.1\r\nHost: %b\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n"
    b"Connection: keep-alive\r\nUser-Agent: python-httpx/0.27.0\r\nX-Request-Id: {id}\r\n"
    b"Content-Length: {length}\r\nContent-Type: application/json\r\n\r\n"
) % (PATH, _HOST)
BROWSER: Final = (
    b"POST %bapi/queue/join?session={number} HTTP/1.1\r\nHost: %b\r\nConnection: keep-alive\r\n"
    b"Content-Length: {length}\r\n"
    b'sec-ch-ua: "Chromium";v="126", "Not/A)Brand";v="24"\r\nsec-ch-ua-mobile: ?0\r\n'
    b"User-Agent: %b\r\nContent-Type: application/json\r\nAccept: */*\r\n"
    b"Origin: http://gateway.test\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\n"
    b"Sec-Fetch-Dest: empty\r\nReferer: http://gateway.test%b\r\n"
    b"Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-GB,en;q=0.9\r\n"
    b"Cookie: theme=dark; seen=1\r\n\r\n"
) % (PATH, _HOST, _BROWSER, PATH)
CLIENTS: Final = (REQUESTS, CURL, OPENAI, UNDICI, HTTPX, BROWSER)


def head(template: bytes, number: int, length: int) -> bytes:
    """The head of the request of this number with a body of `length` bytes."""
    name = b"%016x" % ((number * 0x9E3779B97F4A7C15 + 1) % 2**64)
    filled = template.replace(b"{id}", name).replace(b"{number}", b"%012d" % (number % 10**12))
    return filled.replace(b"{length}", b"%d" % length)
