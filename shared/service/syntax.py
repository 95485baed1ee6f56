"""What Kubernetes takes for a name, a label, an annotation, a variable: refused before it is asked.

Called by `definition`. Each `check_…` raises ValueError with a sentence for the user. Source:
Kubernetes documentation "Object Names and IDs", "Labels and Selectors", "Annotations", and of the
fields `env` and `imagePullSecrets` of a Pod. Pure.
"""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", re.ASCII)
_SUBDOMAIN: Final = re.compile(
    r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*", re.ASCII
)
_DNS_LABEL: Final = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)

LONGEST_NAME: Final = 253
"""Characters of a DNS subdomain, of which most names are, and of a key of a Secret."""
LONGEST_VARIABLE: Final = 131_072
"""Bytes of `NAME=value` with the zero that ends it: Linux starts no program with a longer one
(execve(2), MAX_ARG_STRLEN)."""
MOST_ANNOTATIONS: Final = 262_144
"""Bytes of all keys and values of an object's annotations."""


def is_dns_label(text: str) -> bool:
    """Whether it is at most 63 lowercase letters, digits and '-', no '-' at an end (RFC 1123)."""
    return _DNS_LABEL.fullmatch(text) is not None


def check_secret_name(text: str) -> None:
    """The name of a Secret or of most other objects: a DNS subdomain."""
    if len(text) > LONGEST_NAME or _SUBDOMAIN.fullmatch(text) is None:
        raise ValueError(
            f"{_shown(text)} cannot name a Secret; use lowercase letters, digits, '-' and '.', "
            f"a letter or digit at both ends, at most {LONGEST_NAME} characters"
        )


def check_key(text: str) -> None:
    """The key of a label or, whatever its case, of an annotation: `name` or `domain/name`."""
    domain, slash, word = text.rpartition("/")
    good = _WORD.fullmatch(word) is not None
    if slash:
        good = good and len(domain) <= LONGEST_NAME and bool(_SUBDOMAIN.fullmatch(domain.lower()))
    if not good:
        raise ValueError(
            "is no key that Kubernetes takes; write name or domain/name, the name of at most 63 "
            "letters, digits, '-', '_' and '.', a letter or digit at both ends"
        )


def check_label(text: str) -> None:
    """The value of a label."""
    if text and _WORD.fullmatch(text) is None:
        raise ValueError(
            f"{_shown(text)} is no value of a label; use at most 63 letters, digits, '-', '_' and "
            "'.', a letter or digit at both ends, or put it into annotations"
        )


def check_variable(name: str, value: str) -> None:
    """An environment variable."""
    if len(name) > LONGEST_NAME or _VARIABLE.fullmatch(name) is None:
        raise ValueError(
            "is no name of an environment variable; use letters, digits and '_', no digit first"
        )
    if len(name) + len(value.encode(errors="replace")) + 2 > LONGEST_VARIABLE:
        raise ValueError(
            f"takes more than {LONGEST_VARIABLE} bytes, with which no program starts; put it into "
            "the script or into a file of the image"
        )


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}…")
