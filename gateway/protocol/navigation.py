"""Whether a request opens a page in a browser, or is made by a program, which may as well wait.

Asked only when the gateway answers itself, so it reads the bytes of the head as they came. Pure.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.protocol.headers import value
from gateway.protocol.responses import prefers_html

_AT_ONCE = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?0+\"?\s*(?:[,;]|$)", re.IGNORECASE)
_SCRIPTED: Final = (b"x-requested-with", b"hx-request")
"""What libraries send that fetch pieces of pages with an Accept like a browser's."""


def navigates(method: bytes, head: bytes) -> bool:
    """Whether the answer to a request will be shown as a page.

    Browsers say so (W3C Fetch Metadata, sections 2.1 and 2.3), but only to origins they trust, so
    not over plain HTTP: there, a GET that prefers HTML is taken for one. A form that is sent (POST)
    is none: what answers it cannot be asked for again.
    """
    if method != b"GET":
        return False
    accepted = value(head, b"accept")
    mode, destination = value(head, b"sec-fetch-mode"), value(head, b"sec-fetch-dest")
    if mode or destination:
        opens = mode == "navigate" if mode else destination == "document"
        return opens and (accepted.strip() in ("", "*/*") or prefers_html(accepted))
    return prefers_html(accepted) and not any(value(head, name) for name in _SCRIPTED)


def wants_no_wait(head: bytes) -> bool:
    """Whether a client would rather be refused than wait (`Prefer: wait=0`, RFC 7240, section
    4.3)."""
    return _AT_ONCE.search(value(head, b"prefer")) is not None
