"""HTTP damaged by chance: what the differential tests feed to us and to llhttp alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

NASTY = [
    b"\r", b"\n", b"\r\n", b"\x00", b" ", b"\t", b":", b"\x0b", b"\x7f", b"\xff", b",", b";",
    b"\r\n ", b"0\r\n\r\n",
    b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5, 5\r\n",
    b"Transfer-Encoding: gzip\r\n", b"Transfer-Encoding:\x0bchunked\r\n", b"Host: b\r\n",
    b"Content-Length : 1\r\n", b"Transfer-Encoding: chunked, identity\r\n", b"+", b"_", b"0x", b"-",
]  # fmt: skip


def chunks(random: Random, body: bytes) -> bytes:
    """`body` in good chunks of any size, with and without extensions and trailers."""
    out = b""
    while body:
        count = random.randint(1, len(body))
        size = random.choice([b"%x", b"%X", b"0%x"]) % count
        extension = random.choice([b"", b"", b";a=b", b";c"])
        out += size + extension + b"\r\n" + body[:count] + b"\r\n"
        body = body[count:]
    trailer = random.choice([b"", b"", b"X-Trailer: t\r\n"])
    return out + b"0\r\n" + trailer + b"\r\n"


def mutated(random: Random, data: bytes) -> bytes:
    """`data` with up to two bytes or lines lost, changed or put in."""
    for _ in range(random.choice([0, 0, 1, 1, 1, 2])):
        at = random.randrange(len(data))
        way = random.randrange(4)
        if way == 0:
            data = data[:at] + random.choice(NASTY) + data[at:]
        elif way == 1:
            data = data[:at] + data[at + 1 :]
        elif way == 2:
            data = data[:at] + random.randbytes(1) + data[at + 1 :]
        else:
            line = data.find(b"\r\n", at)
            if line >= 0:
                data = data[: line + 2] + random.choice(NASTY) + data[line + 2 :]
    return data


def cut(random: Random, data: bytes) -> list[bytes]:
    """`data` whole, byte by byte, or in two pieces."""
    way = random.randrange(4)
    if way == 0:
        return [data]
    if way == 1:
        return [data[at : at + 1] for at in range(len(data))]
    at = random.randrange(1, len(data)) if len(data) > 1 else 1
    return [data[:at], data[at:]]
