"""A response head in another form than the one we send, put into that form.

Asked by `routing.reply` for a head that the strict parser refuses, because servers write what every
other proxy reads: lines that end in LF (RFC 9112, section 2.2), space before a colon (section 5.1
has a proxy remove it), one length said twice (RFC 9110, section 8.6) or with many zeros. It is safe
here alone: nobody but us reads these bytes, and what the client gets is written anew. Requests have
no such second chance. Pure.
"""

from __future__ import annotations

import re
from typing import Final

_EMPTY_LINE = re.compile(rb"\n\r?\n")
_SPACED = re.compile(rb"(\n[!#$%&'*+\-.^_`|~0-9A-Za-z]++)[ \t]++:")
_LENGTH = re.compile(rb"\ncontent-length:([^\n]*+)", re.IGNORECASE)
_NUMBER = re.compile(rb"0*+([0-9]{1,18})|0++")
_BLANK: Final = b" \t"


def end_of_head(data: bytes, seen: int = 0) -> int:
    """Where the first empty line of `data` ends, 0 when there is none; `seen` bytes were looked at
    before."""
    found = _EMPTY_LINE.search(data, max(seen - 2, 0))
    return found.end() if found is not None else 0


def canonical(head: bytes) -> bytes:
    """The same head with CRLF, without space before colons, with one Content-Length. What is not
    understood stays, so that the strict parser says what is wrong with it."""
    text = _SPACED.sub(rb"\1:", head.replace(b"\r\n", b"\n"))
    return _one_length(text).replace(b"\n", b"\r\n")


def _one_length(text: bytes) -> bytes:
    values = b",".join(_LENGTH.findall(text))
    numbers = {_number(one.strip(_BLANK)) for one in values.split(b",")}
    number = numbers.pop()
    if numbers or number is None:
        return text
    rest = _LENGTH.sub(b"", text)
    return rest[:-1] + b"Content-Length: %d\n\n" % number


def _number(value: bytes) -> int | None:
    found = _NUMBER.fullmatch(value)
    return int(found[1] or 0) if found is not None else None
