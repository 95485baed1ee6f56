"""Header blocks: fields out of them, and into them (HPACK, RFC 7541).

What is sent never enters the peer's table: the same line is then always the same bytes, which are
remembered, so that a head costs a look-up for each of its lines. What is received may use ours. A
block that leaves it as it was means the same the next time, until another changes it.
"""

from __future__ import annotations

import re
from typing import Final, cast

from hpack import Decoder, HPACKError, OversizedHeaderListError
from hpack.table import HeaderTable

from gateway.http2.frames import COMPRESSION_ERROR, ENHANCE_YOUR_CALM, ConnectionFaultError
from gateway.memory import Budget, Memory

Field = tuple[bytes, bytes]
"""Name and value."""

TABLE: Final = HeaderTable.DEFAULT_SIZE
"""Bytes of the table of a peer that has not been told otherwise (RFC 9113, section 6.5.2)."""

_SIZE_UPDATE: Final = 0x20
FORGET_TABLE: Final = b"\x20"
"""Begins the first block that is sent: the table of what is sent is empty, and stays so."""


class Blocks:
    """The header blocks that one peer sends; `longest` bounds the list that one may become, as
    SETTINGS_MAX_HEADER_LIST_SIZE counts it."""

    __slots__ = ("_decoder", "changed")

    def __init__(self, longest: int) -> None:
        self._decoder = Decoder(longest)
        self.changed = False
        """The last block has changed the table: what others meant before, they may mean no more."""

    @property
    def table_size(self) -> int:
        """Bytes that the peer may keep in the table now."""
        return self._decoder.header_table_size

    def fields(self, block: bytes) -> list[Field]:
        """The fields of a whole block, in their order; raises ConnectionFaultError, for afterwards
        nothing is known of the table."""
        entries = self._decoder.header_table.dynamic_entries
        before = (entries[0] if entries else None, len(entries))
        try:
            found = self._decoder.decode(block, raw=True)
        except OversizedHeaderListError as error:
            raise ConnectionFaultError(
                ENHANCE_YOUR_CALM, "the list of fields is too long"
            ) from error
        except HPACKError as error:
            raise ConnectionFaultError(COMPRESSION_ERROR, "a header block is not valid") from error
        same = len(entries) == before[1] and (not entries or entries[0] is before[0])
        self.changed = not same or (bool(block) and block[0] & 0xE0 == _SIZE_UPDATE)
        return cast("list[Field]", found)


def encoded(lines: list[bytes]) -> bytes:
    """The block of field lines as HTTP/1.1 has them (`Name: value`), but for those that are of one
    connection only (RFC 9113, section 8.2.2)."""
    known = _lines.get
    return b"".join([known(line) or _line(line) for line in lines])


def status(code: bytes) -> bytes:
    """The field `:status` of three digits."""
    return _statuses.get(code) or b"\x08\x03" + code


def literal(name: bytes, value: bytes) -> bytes:
    """A field that enters no table; one that is a secret enters none of others either."""
    first = 0x10 if name in _SECRET else 0
    index = _names.get(name, 0)
    if index:
        return _number(first, 4, index) + _number(0, 7, len(value)) + value
    return b"".join(
        (bytes((first,)), _number(0, 7, len(name)), name, _number(0, 7, len(value)), value)
    )


def _line(line: bytes) -> bytes:
    name, _, value = line.partition(b":")
    name = name.lower()
    if name in CONNECTION_SPECIFIC:
        return b""
    field = literal(name, value.strip(b" \t"))
    if name not in _FRESH and name not in _SECRET:
        _lines.remember(line, field, len(line) + len(field))
    return field


def _number(first: int, bits: int, value: int) -> bytes:
    """An integer in the low `bits` of a byte, and in further ones (RFC 7541, section 5.1)."""
    most = (1 << bits) - 1
    if value < most:
        return bytes((first | value,))
    out = bytearray((first | most,))
    value -= most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]++")
"""A field's name on streams: a token without capitals (RFC 9113, section 8.2.1)."""
CONNECTION_SPECIFIC: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}
)
_SECRET: Final = frozenset({b"set-cookie", b"cookie", b"authorization"})
_FRESH: Final = frozenset({b"x-request-id"})
_names: Final = {
    name: index for index, (name, _) in reversed(list(enumerate(HeaderTable.STATIC_TABLE, 1)))
}
_statuses: Final = {
    value: bytes((0x80 | index,))
    for index, (name, value) in enumerate(HeaderTable.STATIC_TABLE, 1)
    if name == b":status"
}
_lines: Memory[bytes, bytes] = Memory(4096, Budget(4 * 1024 * 1024), longest=1024)
