"""Pages for people: what the gateway shows a browser in place of an application's page.

Made by `responses` of the texts of a refusal. A page loads nothing from anywhere, is readable from
320 pixels on, in light and in dark, and, when what it tells passes by itself, looks from time to
time whether it has passed, and opens the application then. Pure.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PALETTE: Final = """
:root{color-scheme:light dark;--ground:#fff;--text:#1c2128;--quiet:#57606a;--line:#d0d7de;
--mark:#0550ae;--bad:#b00020}
@media(prefers-color-scheme:dark){:root{--ground:#14171c;--text:#e6edf3;--quiet:#9aa6b2;
--line:#3a424c;--mark:#79b8ff;--bad:#ff9492}}
body{background:var(--ground);color:var(--text)}
a{color:var(--mark)}
"""
"""Colours of all pages; every text has a contrast of 4.5 or more (WCAG 2.2, 1.4.3)."""

_STYLE: Final = PALETTE + (
    "body{margin:0;font:1rem/1.55 system-ui,sans-serif;overflow-wrap:anywhere}"
    "main{max-width:38rem;margin:0 auto;padding:clamp(1.5rem,12vh,7rem) 1.25rem 2rem}"
    "h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}"
    "h2{font-size:1rem;margin:1.5rem 0 .25rem}p{margin:0 0 .75rem}"
    "progress{width:100%;height:.5rem;margin:.5rem 0;accent-color:var(--mark)}"
    "footer{margin-top:2rem;padding-top:.75rem;border-top:1px solid var(--line);"
    "color:var(--quiet);font-size:.875rem}"
)

# Asked is the root of the service, not the page's own address, which may be good for one use only
# (the way back of a login), and by HEAD: once the service is ready its pod answers that. The answer
# is at hand at once (`Prefer: wait=0`), so that no connection is occupied, of which a browser
# opens six to a host. A 502 or 503 that is not ours comes from a proxy before us that lost us for a
# moment.
_SCRIPT: Final = """
"use strict";
(() => {
  const {reason, pause} = document.body.dataset;
  const path = location.pathname;
  const root = /^.*?[/]system[/]services[/][^/]+[/]exposed(?=[/]|$)/.exec(path);
  const waited = document.getElementById("waited");
  const before = waited && Number(waited.textContent);
  const seconds = () => performance.now() / 1000;
  const look = async next => {
    try {
      const answer = await fetch(root ? root[0] + "/" : path, {
        method: "HEAD", cache: "no-store", redirect: "manual", headers: {Prefer: "wait=0"}});
      const found = answer.headers.get("X-Gateway-Error");
      const changed = found ? found !== reason : answer.status < 502;
      if (changed || seconds() > 30) return location.reload();
    } catch {}
    setTimeout(look, next * 1000, Math.min(next * 1.3, 15));
  };
  setTimeout(look, pause * 1000, pause * 1.3);
  if (waited) setInterval(() => { waited.textContent = Math.round(before + seconds()); }, 1000);
})();
"""
SHORTEST: Final = 2.0
LONGEST: Final = 15.0
"""Seconds between two looks, at first and in the end."""


def page(
    texts: Mapping[str, str],
    *,
    status: str,
    title: str = "",
    link: str = "",
    looks: bool = False,
    waited: float | None = None,
) -> bytes:
    """The page of a refusal with `texts` (`error`, `remedy`, `reason`, `request_id`, `service`).

    `status` is the code with its phrase, and the heading unless `title` is given; `link` a path
    where to go instead. `looks`: the page looks again by itself, as what it tells may pass;
    `waited` are the seconds for which it has lasted, if they are known. Everything given is
    escaped.
    """
    plain = {key: escape(text) for key, text in texts.items()}
    pause = next_look(waited)
    return "".join(
        (
            _HEAD.format(
                title=escape(title or status), style=_STYLE, refresh=_refresh(looks, pause)
            ),
            f'<body data-reason="{plain["reason"]}" data-pause="{pause:.0f}">\n<main>\n',
            f"<h1>{escape(title or status)}</h1>\n<p>{plain['error']}</p>\n",
            _link(link),
            _looking(waited) if looks else "",
            f"<h2>What to do</h2>\n<p>{plain['remedy']}</p>\n" if plain["remedy"] else "",
            f"<footer>{escape(status)} · {plain['reason']}{_named(plain['request_id'])}</footer>\n",
            "</main>\n",
            f"<script>{_SCRIPT}</script>\n" if looks else "",
            "</body></html>\n",
        )
    ).encode()


def next_look(waited: float | None) -> float:
    """Seconds until a page looks again at what has lasted for `waited` seconds: the longer, the
    rarer, so that no chain of reloads is a fast one."""
    return LONGEST if waited is None else min(max(SHORTEST, waited / 8), LONGEST)


_HEAD: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
{refresh}</head>
"""


def _refresh(looks: bool, pause: float) -> str:
    """Browsers without scripts load the page again, at the address where they are."""
    if not looks:
        return ""
    return f'<noscript><meta http-equiv="refresh" content="{pause:.0f}"></noscript>\n'


def _looking(waited: float | None) -> str:
    so_far = ""
    if waited is not None:
        so_far = f' It has taken <span id="waited">{waited:.0f}</span> s so far.'
    return (
        '<progress aria-label="waiting for the service"></progress>\n'
        f"<p>This page opens the application by itself as soon as it is ready.{so_far}</p>\n"
    )


def _link(link: str) -> str:
    shown = escape(link)
    return f'<p>Perhaps meant: <a href="{shown}">{shown}</a></p>\n' if link else ""


def _named(request_id: str) -> str:
    return f" · request {request_id}" if request_id else ""


def _source(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}'"


FIELDS: Final = (
    "Content-Type: text/html; charset=utf-8\r\n"
    f"Content-Security-Policy: default-src 'none'; style-src {_source(_STYLE)}; "
    f"script-src {_source(_SCRIPT)}; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'\r\n"
    "Referrer-Policy: same-origin\r\n"
).encode("ascii")
"""Header lines of every page. Style and script run by their digests alone, so that nothing does
that slipped in (CSP Level 3, section 2.3.1); the address of the page, which may hold a secret, is
told to no other site."""
