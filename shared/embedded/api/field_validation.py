"""How a request wants fields to be treated that are unknown or written twice. Pure.

https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation: never stored;
the request is refused (`Strict`), told of them (`Warn`, the default) or not (`Ignore`). Made by the
HTTP face for each write, and filled by whoever reads a part of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from shared.embedded.errors import UndecodableError

if TYPE_CHECKING:
    from shared.embedded.kinds import Kind

Directive = Literal["Ignore", "Warn", "Strict"]


@dataclass(slots=True)
class FieldValidation:
    """The wish of one request, and a sentence for each field that it concerns."""

    directive: Directive = "Ignore"
    found: list[str] = field(default_factory=list)

    def check(self, kind: Kind) -> None:
        """Raises UndecodableError when the request is to be refused."""
        if self.directive == "Strict" and self.found:
            why = f"strict decoding error: {', '.join(dict.fromkeys(self.found))}"
            raise UndecodableError(kind.kind, kind.version, why)

    def warnings(self) -> list[str]:
        return self.found if self.directive == "Warn" else []
