"""Challenges: which password a browser gives to whom (RFC 9110, section 11.5). Pure.

All services share one origin, and a browser answers a challenge with what it was given for the same
realm before, without asking. So each service has a realm of its own, the services API has another,
and no pod challenges with any of these.
"""

from __future__ import annotations

import re
from typing import Final

from shared.service.authorization import MANAGEMENT_REALM

_SERVICE: Final = "exposed service "
_APPLICATION: Final = b'"application"'
_FIELD: Final = b"www-authenticate:"
_LOGIN: Final = rb"(?:NTLM|Negotiate|Kerberos)\b"
"""Schemes that log a connection in, not a request (NTLM; RFC 4559, section 6): such a connection
must never carry another client's request."""
_LOGS_IN = re.compile(_LOGIN, re.IGNORECASE)
_ASKS_LOGIN = re.compile(rb"\nwww-authenticate:(?:[^\r]*,)?[ \t]*" + _LOGIN, re.IGNORECASE)
_BASIC = re.compile(rb"(?:^|[,:])[ \t]*basic(?![!#$%&'*+.^_`|~0-9a-z\-=])", re.IGNORECASE)
_REALM = re.compile(
    rb"(?<![!#$%&'*+.^_`|~0-9a-z\-])(realm[ \t]*=[ \t]*)"
    rb"(\"(?:[^\"\\]|\\.)*\"?|'[^']*'?|[^,]*)",
    re.IGNORECASE,
)


def challenge(service: str) -> str:
    """The line that asks for the token of `service` (RFC 7617, section 2)."""
    return f'WWW-Authenticate: Basic realm="{_SERVICE}{service}", charset="UTF-8"\r\n'


def logs_in(authorization: bytes) -> bool:
    """Whether credentials log their connection in."""
    return _LOGS_IN.match(authorization) is not None


def asks_login(head: bytes) -> bool:
    """Whether a pod's head asks for such credentials."""
    return _ASKS_LOGIN.search(head) is not None


def renamed(line: bytes) -> bytes:
    """A field line of a pod's 401; a Basic challenge with a realm of ours gets another.

    The realm is only a name to Basic. Schemes that compute with it are left as they are: what
    answers them gives no password away.
    """
    if line[: len(_FIELD)].lower() != _FIELD or not _BASIC.search(line):
        return line
    return _REALM.sub(_other, line)


def _other(found: re.Match[bytes]) -> bytes:
    text = b" ".join(found[2].replace(b"\\", b"").strip(b"\"' \t").split()).lower()
    ours = text.startswith(_SERVICE.strip().encode()) or text == MANAGEMENT_REALM.lower().encode()
    return found[1] + _APPLICATION if ours else found[0]
