"""Pages of which origins may change services: a browser adds the administrator's remembered
password to whatever any site has it send (cross-site request forgery). Pure.

Called by the application before anything else is looked at. Programs send none of these fields and
are not concerned; browsers send them and let no page forge them (W3C Fetch Metadata, section 2.2;
Fetch, section 3.2; https://cheatsheetseries.owasp.org, cross-site request forgery prevention).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN: Final = frozenset({"same-origin", "none"})
"""Sec-Fetch-Site of our own pages, and of what the user typed."""
_OF_FORMS: Final = frozenset(
    {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
)
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origins:
    """Origins besides the API's own, as browsers write them (`https://ui.example`)."""

    allowed: frozenset[str] = frozenset()

    def fault(self, method: str, headers: Mapping[str, str]) -> str:
        """Why a browser's request must not be obeyed; empty when it may be. `headers` finds names
        in any case."""
        site, origin = headers.get("Sec-Fetch-Site", ""), headers.get("Origin", "")
        if method in _SAFE or not (site or origin):
            return ""
        if origin.lower() not in self.allowed and not _is_own(
            site, origin, headers.get("Host", "")
        ):
            return (
                f"pages of {origin or 'another site'} may not change services; "
                "name their origin in MANAGEMENT_ORIGINS if they may"
            )
        kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return f"a form of a page sends {kind}; send application/json" if kind in _OF_FORMS else ""


def _is_own(site: str, origin: str, host: str) -> bool:
    """Whether a page of the API's own origin asks. Browsers leave Sec-Fetch-Site out over plain
    HTTP; then Origin must name the host that was asked."""
    if site:
        return site.lower() in _OWN
    try:
        found, asked = urlsplit(origin.lower()), urlsplit(f"//{host.lower()}")
        usual = _PORTS.get(found.scheme)
        return (
            usual is not None
            and found.hostname == asked.hostname
            and (found.port or usual) == (asked.port or usual)
        )
    except ValueError:
        return False
