"""Text for a terminal or a log: what acts on the screen instead of showing there is escaped.

Used by the log and by the access log, whose lines hold what clients sent. Pure.

Escaped are the control characters C0, DEL and C1 (ECMA-48: U+009B begins the same sequences as
ESC [, U+0090 a device control string), the line ends that only some readers know (U+2028, U+2029),
the controls of writing direction, by which a line can look like another (CVE-2021-42574), and
halves of surrogate pairs, which no encoding takes.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import orjson

_ACTING: Final = "\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_IN_TEXT: Final = re.compile(f"[\x00-\x1f{_ACTING}]")
_BEYOND_ASCII: Final = (b"\xc2[\x80-\x9f]", b"\xd8\x9c", b"\xe2\x80[\x8e\x8f\xa8-\xae]",
                        b"\xe2\x81[\xa6-\xa9]")  # fmt: skip
_IN_JSON: Final = re.compile(b"|".join((b"\x7f", *_BEYOND_ASCII)))
"""The same in UTF-8, but for C0, which JSON escapes itself (RFC 8259, section 7)."""
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    r"""`text` on one line, with whatever does not show as `\n`, `\x1b` or `\u202e`."""
    return _IN_TEXT.sub(_escaped, text)


def json_line(value: Any) -> bytes:
    """`value` as JSON on a line of its own, equal to it when read back; what JSON does not know is
    written as its `str`."""
    try:
        line = orjson.dumps(value, default=str, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # surrogates: a file name that is not UTF-8, as Python decodes it
        line = json.dumps(value, default=str).encode() + b"\n"
    return _IN_JSON.sub(_escaped_in_json, line)


def _escaped(found: re.Match[str]) -> str:
    char = found[0]
    return _SHORT.get(char) or (f"\\x{ord(char):02x}" if char < "\u0100" else f"\\u{ord(char):04x}")


def _escaped_in_json(found: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(found[0].decode())
