"""What is secret in the parts of a definition that serving does not need: found by its name. Pure.

OSCAR's `storage_providers`, `clusters` and `federation` carry keys, passwords and tokens. They are
stored in a Secret and answered blank, as `environment.secrets` is; a blank that comes back means
"as it is". Places are JSON Pointers (RFC 6901). A field is taken for secret by its name, for those
parts are kept as they came and may hold what OSCAR has not got yet; and an URL by its password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_NAMES: Final = re.compile(
    r"secret|passw|passphrase|pwd|token|accesskey|apikey|privatekey|credential|authorization|cookie"
)
_PASSWORD_IN_URL: Final = re.compile(r"[a-zA-Z][-+.a-zA-Z0-9]*://[^/\s@]*:[^/\s@]+@")


def found(value: Any) -> dict[str, Any]:
    """The secrets in `value` by place; blank ones are left out."""
    return {place: item for place, item in _places(value, "", inside=False) if item != ""}


def blanked(value: Any) -> Any:
    """`value` with every secret blank."""
    return _replaced(value, "", dict.fromkeys(found(value), ""))


def filled(value: Any, known: Mapping[str, Any]) -> Any:
    """`value` with the secrets `known` in its blank places."""
    blank = {place for place, item in _places(value, "", inside=False) if item == ""}
    return _replaced(value, "", {place: known[place] for place in blank & known.keys()})


def _places(value: Any, at: str, *, inside: bool) -> Iterator[tuple[str, Any]]:
    """Place and value of what is secret or would be if it were not blank."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _places(item, f"{at}/{_escaped(key)}", inside=inside or _is_secret(key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _places(item, f"{at}/{index}", inside=inside)
    elif value is None or isinstance(value, bool):
        return
    elif inside or (isinstance(value, str) and (not value or _PASSWORD_IN_URL.match(value))):
        yield at, value


def _replaced(value: Any, at: str, new: Mapping[str, Any]) -> Any:
    if at in new:
        return new[at]
    if isinstance(value, Mapping):
        return {key: _replaced(item, f"{at}/{_escaped(key)}", new) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(item, f"{at}/{index}", new) for index, item in enumerate(value)]
    return value


def _is_secret(key: Any) -> bool:
    letters = re.sub(r"[^a-z0-9]", "", str(key).lower())
    return _NAMES.search(letters) is not None


def _escaped(key: Any) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")
