"""What is secret of a service, as the Secret of its token keeps it by revision. Pure.

A write must be completable whenever its process dies, and no secret may stand in the ConfigMap. So
what is secret of a new definition is put into the Secret first, under the revision that the
ConfigMap will name; the ConfigMap's change then switches all of it at once. The Secret is never
mounted whole: pods see its key `token` alone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from shared.service import names, sensitive, tokens
from shared.service.documents import plain
from shared.service.objects import annotations_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.service.model import Service
    from shared.service.objects import Obj

PREFIX: Final = "revision-"
"""Of the keys that hold revisions."""
FRESH: Final = 60.0
"""Seconds for which a revision that no ConfigMap names may still be on its way there."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The secrets of one revision: the token, `environment.secrets`, and others by their place."""

    token: str
    environment: Mapping[str, str]
    fields: Mapping[str, Any]


LIMIT: Final = 256 * 1024
"""Bytes of the secrets of one revision: during a write two of them stand in one Secret, which takes
1 MiB with its keys (Kubernetes documentation of Secret)."""


class SecretsTooLargeError(ValueError):
    """The secrets of a definition do not fit into a Secret."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A revision in the Secret, put there at `at` (unix seconds)."""

    kept: Kept
    at: float


def of(service: Service, token: str) -> Kept:
    """What is to be kept of `service`."""
    fields = sensitive.found(plain(service.extra))
    return Kept(token, dict(service.environment.secrets), fields)


def of_new(service: Service, token: str) -> Kept:
    """What is to be kept of a definition that is about to be written; raises
    SecretsTooLargeError."""
    kept = of(service, token)
    size = len(encoded(Entry(kept, 0)))
    if size > LIMIT:
        raise SecretsTooLargeError(
            f"environment.secrets: the secrets take {size} bytes, and {LIMIT} fit beside those of "
            "the definition before; put large ones into a Secret of your own or into the image"
        )
    return kept


def revision(data: Mapping[str, str], kept: Kept) -> str:
    """The name of a definition with its secrets: a digest keyed by the token, so that nobody can
    guess secrets by it."""
    public = [data.get(key, "") for key in (names.DEFINITION_KEY, names.SCRIPT_KEY)]
    secret = [dict(kept.environment), dict(kept.fields)]
    text = orjson.dumps([*public, *secret], option=orjson.OPT_SORT_KEYS)
    return hmac.new(kept.token.encode(), text, hashlib.sha256).hexdigest()[:32]


def key(revision: str) -> str:
    """The key of a revision in the Secret."""
    return PREFIX + revision


def encoded(entry: Entry) -> str:
    """An entry as a value of the Secret's data."""
    kept = entry.kept
    fields = {"token": kept.token, "environment": dict(kept.environment), "at": entry.at}
    return _base64(orjson.dumps(fields | {"fields": dict(kept.fields)}))


def entries(secret: Obj | None) -> dict[str, Entry]:
    """The revisions in the Secret; one that cannot be read is none."""
    found = {}
    for name, value in data(secret).items():
        if name.startswith(PREFIX) and (entry := _entry(value)) is not None:
            found[name.removeprefix(PREFIX)] = entry
    return found


def token(secret: Obj | None) -> str:
    """The token that pods get; "" if there is none of its form."""
    text = stated_token(secret)
    return text if len(text) == tokens.LENGTH else ""


def stated_token(secret: Obj | None) -> str:
    """What stands there as the token, of whatever length; "" if there is nothing in ASCII."""
    try:
        text = data(secret).get(names.TOKEN_KEY, "")
        return base64.b64decode(text, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return ""


def texts(secret: Obj | None) -> dict[str, str]:
    """All values of a Secret that are text."""
    found = {}
    for name, value in data(secret).items():
        try:
            found[name] = base64.b64decode(value).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found


def data(secret: Obj | None) -> Mapping[str, str]:
    """The data of a Secret, still encoded."""
    return (secret or {}).get("data") or {}


def token_data(text: str) -> str:
    """A token as a value of the Secret's data."""
    return _base64(text.encode())


def stale(secret: Obj | None, current: str, now: float) -> list[str]:
    """Keys of revisions that nobody will ask for: superseded, or put there and never named."""
    applied = annotations_of(secret).get(names.APPLIED)
    known = entries(secret)
    return [
        name
        for name in data(secret)
        if name.startswith(PREFIX) and (stated := name.removeprefix(PREFIX)) != current
        if stated == applied or stated not in known or abs(now - known[stated].at) > FRESH
    ]


def _entry(value: str) -> Entry | None:
    try:
        read = orjson.loads(base64.b64decode(value))
        kept = Kept(str(read["token"]), dict(read["environment"]), dict(read["fields"]))
        return Entry(kept, float(read["at"]))
    except (ValueError, KeyError, TypeError):
        return None


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
