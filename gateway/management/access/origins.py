"""Pages of which origins may call: a browser adds the administrator's remembered password to
whatever any site has it send (cross-site request forgery), and shows pages of other origins only
what they are told they may read (CORS). Pure.

Called by the application before anything else is looked at. Programs send none of these fields and
are not concerned; browsers send them and let no page forge them (W3C Fetch Metadata, section 2.2;
Fetch, section 3.2; https://cheatsheetseries.owasp.org, cross-site request forgery prevention).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gateway.management.access.needs import READS
from shared.service.origins import as_sent

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN: Final = frozenset({"same-origin", "none"})
"""Sec-Fetch-Site of our own pages, and of what the user typed."""
_OF_FORMS: Final = frozenset(
    {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
)
_METHODS: Final = "GET, PUT, POST, DELETE, PATCH, HEAD"
_HEADERS: Final = "Authorization, Content-Type"
"""OSCAR's lists; any is named, for what a page may do is checked when it does it."""
_READABLE: Final = "Warning, Retry-After, WWW-Authenticate, X-Request-Id, X-Gateway-Error"
_REMEMBERED: Final = "7200"
"""Seconds for which a browser need not ask again, the most that Chromium takes."""
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origins:
    """Origins besides the API's own, as browsers write them (`https://ui.example`)."""

    allowed: frozenset[str] = frozenset()

    def fault(self, method: str, headers: Mapping[str, str]) -> str:
        """Why a browser's request must not be obeyed; empty when it may be. `headers` finds names
        in any case."""
        site = headers.get("Sec-Fetch-Site", "")
        origin = headers.get("Origin", "") or _referring(headers.get("Referer", ""))
        if method in READS or not (site or origin):
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

    def fields(self, origin: str) -> dict[str, str]:
        """Header fields for whatever is answered to a page of `origin` (RFC 6454), "" if none."""
        if not self.allowed:
            return {}
        if origin.lower() not in self.allowed:
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Expose-Headers": _READABLE,
        }

    def preflight(self, method: str, headers: Mapping[str, str]) -> dict[str, str] | None:
        """More fields for the answer to a preflight; None if the request is none."""
        origin = headers.get("Origin", "")
        if method != "OPTIONS" or not origin or "Access-Control-Request-Method" not in headers:
            return None
        if origin.lower() not in self.allowed:
            return {}
        return {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _HEADERS,
            "Access-Control-Max-Age": _REMEMBERED,
        }


def _referring(referrer: str) -> str:
    """The origin of the page that a browser names which sends no Origin; "" if it names none."""
    if not referrer:
        return ""
    scheme, _, rest = referrer.partition("://")
    return as_sent(f"{scheme}://{rest.partition('/')[0].partition('?')[0]}")


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
