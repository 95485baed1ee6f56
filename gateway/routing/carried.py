"""Tokens that stand in URLs, in a request's target and in its fields. Pure.

A browser repeats the URL of its page in Referer, and libraries in fields of their own, so that a
token in it would reach pods that must not know it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shared.service import tokens

if TYPE_CHECKING:
    from collections.abc import Callable

_PARAMETER = re.compile(rb"(?<=[?&])token=([0-9A-Za-z]{%d})(?:&|(?![^#\s\"'<>,;]))" % tokens.LENGTH)


def take(text: bytes, ours: Callable[[bytes], bool]) -> tuple[bytes, bytes]:
    """`text` without those parameters `token` of the queries in it whose value is `ours`, and the
    last value taken, empty if none was. A parameter of another length is an application's own."""
    taken = b""

    def judge(found: re.Match[bytes]) -> bytes:
        nonlocal taken
        if not ours(found[1]):
            return found[0]
        taken = found[1]
        return b""

    rest = _PARAMETER.sub(judge, text)
    return (rest.rstrip(b"&").removesuffix(b"?") if taken else text), taken
