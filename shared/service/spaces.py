"""In which namespaces services stand: one, or one for each owner beside it. Pure.

For all three programs. The names are OSCAR's (grycap/oscar, pkg/utils/namespaces.go), but for one
thing: where its rule gives two owners the same name, the second gets one made of a hash alone.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from shared.service.model import ADMINISTRATOR
from shared.service.names import NAMESPACE
from shared.service.values import value

LONGEST: Final = 18
"""Characters of a namespace, as OSCAR bounds them."""
OWNER_HASH: Final = "oscar.grycap.upv.es/owner-hash"
"""Label of a namespace: the SHA-1 of the owner's name."""
OWNER: Final = "oscar.grycap.upv.es/owner"
"""Annotation of a namespace: the owner's name."""
ONE: Final = "one"
PER_OWNER: Final = "per-owner"
CHOICES: Final = (ONE, PER_OWNER)
"""The words of the settings."""


@value
class Spaces:
    """The namespace `main`, and with `per_owner` those that are called after it."""

    main: str = NAMESPACE
    per_owner: bool = False

    def has(self, namespace: str) -> bool:
        """Whether services stand there."""
        return namespace == self.main or (self.per_owner and namespace.startswith(self._stem))

    @property
    def watched(self) -> str | None:
        """The namespace to list and watch; None for all, of which `has` tells ours."""
        return None if self.per_owner else self.main

    @property
    def title(self) -> str:
        """All of them in a word, for people and for comparison."""
        return f"{self.main}, {self._stem}*" if self.per_owner else self.main

    @property
    def pattern(self) -> str:
        """A regular expression (RE2) of the names of all of them."""
        return f"{self.main}(-.+)?" if self.per_owner else self.main

    @property
    def _stem(self) -> str:
        return f"{self.main}-"


def hashed(owner: str) -> str:
    """The value of the label by which a namespace names its owner."""
    return hashlib.sha1(owner.encode(), usedforsecurity=False).hexdigest()


def candidates(owner: str, main: str = NAMESPACE) -> tuple[str, ...]:
    """Names of the owner's namespace, the best first; that of the administrator is `main`."""
    if owner in ("", ADMINISTRATOR):
        return (main,)
    room, digest = max(LONGEST - len(main) - 1, 8), hashed(owner)
    word = re.sub(r"[^a-z0-9-]+", "-", owner.lower()).strip("-")[:room].strip("-")
    left = room - len(word) - 1
    padded = f"{word}-{digest[:left]}" if word and left > 0 else word
    return tuple(dict.fromkeys(f"{main}-{each}" for each in (padded, digest[:room]) if each))
