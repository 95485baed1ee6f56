"""Pages for people: what the gateway shows a browser in place of an application's page.

Made by `responses` of the texts of a refusal; `starting_page` says more of a start. A page loads
nothing from anywhere, is readable from 320 pixels on, in light and in dark, and, when what it tells
passes by itself, looks from time to time whether it has passed, and opens the application then.
Pure.
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
    "ol{list-style:none;margin:1.25rem 0;padding:0}"
    "li{position:relative;padding:.2rem 0 .2rem 1.75rem;color:var(--quiet)}"
    "li::before{content:'\\25cb'/'';position:absolute;left:.25rem}"
    "li.done::before{content:'\\2713'/'done:'}"
    "li[aria-current]{color:var(--text);font-weight:600}"
    "li[aria-current]::before{content:'\\25cf'/'now:';color:var(--mark)}"
    "li.bad::before{content:'!'/'stuck:';color:var(--bad)}"
    "li small{display:block;font-size:.9375rem;font-weight:400}"
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
  const {reason, phase, pause} = document.body.dataset;
  const path = location.pathname;
  const root = /^.*?[/]system[/]services[/][^/]+[/]exposed(?=[/]|$)/.exec(path);
  const waited = document.getElementById("waited");
  const bar = document.querySelector("progress");
  const late = document.getElementById("late");
  const before = waited && Number(waited.textContent);
  const seconds = () => performance.now() / 1000;
  const look = async next => {
    try {
      const answer = await fetch(root ? root[0] + "/" : path, {
        method: "HEAD", cache: "no-store", redirect: "manual", headers: {Prefer: "wait=0"}});
      const found = answer.headers.get("X-Gateway-Error");
      const now = answer.headers.get("X-Gateway-Phase") || "";
      const changed = found ? found !== reason || now !== phase : answer.status < 502;
      if (changed || seconds() > 30) return location.reload();
    } catch {}
    setTimeout(look, next * 1000, Math.min(next * 1.3, 15));
  };
  setTimeout(look, pause * 1000, pause * 1.3);
  if (waited) setInterval(() => {
    const far = before + seconds();
    waited.textContent = Math.round(far);
    if (late) { bar.value = far; late.hidden = far <= bar.max; }
  }, 1000);
})();
"""
SOONEST: Final = 0.5
SHORTEST: Final = 2.0
LONGEST: Final = 15.0
"""Seconds between two looks: when it is about to pass, at first, and in the end."""


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
    return frame(
        title or status,
        f"<p>{plain['error']}</p>\n",
        _link(link),
        _looking(waited) if looks else "",
        to_do(texts["remedy"]),
        foot=f"{escape(status)} · {plain['reason']}{named(texts['request_id'])}",
        reason=texts["reason"] if looks else "",
        pause=next_look(waited),
    )


def frame(
    title: str, *parts: str, foot: str, reason: str = "", phase: str = "", pause: float = LONGEST
) -> bytes:
    """A page of `parts`, which are HTML like `foot`, under a heading.

    With a `reason` it looks again by itself, after `pause` seconds at first, until the gateway
    answers another one or tells another `phase` of the start.
    """
    told = f' data-reason="{escape(reason)}" data-phase="{escape(phase)}" data-pause="{pause:.3g}"'
    return "".join(
        (
            _HEAD.format(
                title=escape(title), style=_STYLE, refresh=_refresh(pause) if reason else ""
            ),
            f"<body{told if reason else ''}>\n<main>\n<h1>{escape(title)}</h1>\n",
            *parts,
            f"<footer>{foot}</footer>\n</main>\n",
            f"<script>{_SCRIPT}</script>\n" if reason else "",
            "</body></html>\n",
        )
    ).encode()


def next_look(waited: float | None, usual: float = 0.0) -> float:
    """Seconds until a page looks again at what has lasted for `waited` seconds: the longer, the
    rarer, so that no chain of reloads is a fast one; but soon when its `usual` time is over."""
    if waited is None:
        return LONGEST
    pause = min(max(SHORTEST, waited / 8), LONGEST)
    return min(pause, max(usual - waited, SOONEST)) if waited < usual else pause


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


def _refresh(pause: float) -> str:
    """Browsers without scripts load the page again, at the address where they are."""
    return f'<noscript><meta http-equiv="refresh" content="{max(pause, 1):.0f}"></noscript>\n'


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


def to_do(remedy: str) -> str:
    """What the reader can do, under its heading."""
    return f"<h2>What to do</h2>\n<p>{escape(remedy)}</p>\n" if remedy else ""


def named(request_id: str) -> str:
    """The request in a footer, for whoever looks for it in a log."""
    return f" · request {escape(request_id)}" if request_id else ""


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
