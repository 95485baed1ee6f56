"""Who opens a page, and who would rather not wait."""

from __future__ import annotations

import pytest

from gateway.protocol.navigation import navigates, wants_no_wait

CHROME = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def head(*lines: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} / HTTP/1.1", "Host: h", *lines, "", ""]).encode()


@pytest.mark.parametrize(
    ("lines", "opens"),
    [
        # as Chromium, Firefox and Safari send them over https and to localhost
        ([CHROME, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"], True),
        ([CHROME, "sec-fetch-mode: navigate", "sec-fetch-dest: iframe"], True),
        (["Sec-Fetch-Mode: navigate"], True),
        (["Sec-Fetch-Dest: document"], True),
        (["Accept: */*", "Sec-Fetch-Mode: navigate"], True),
        (["Accept: */*", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"], False),
        ([CHROME, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"], False),
        ([CHROME, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"], False),
        ([CHROME, "Sec-Fetch-Mode: same-origin", "Sec-Fetch-Dest: document"], False),
        (["Accept: application/json", "Sec-Fetch-Mode: navigate"], False),
        (["Sec-Fetch-Mode: websocket", "Sec-Fetch-Dest: websocket"], False),
        # over plain http there are no such fields
        ([CHROME], True),
        (["Accept: text/html", "Accept: */*;q=0.1"], True),
        (["Accept: */*"], False),  # curl, wget, fetch()
        (["Accept: application/json, text/plain, */*"], False),  # axios
        (["Accept: image/avif,image/webp,*/*;q=0.8"], False),
        (["Accept: text/css,*/*;q=0.1"], False),
        (["Accept: text/event-stream"], False),
        ([CHROME, "X-Requested-With: XMLHttpRequest"], False),  # jQuery
        ([CHROME, "HX-Request: true"], False),  # htmx
        ([], False),
    ],
)
def test_who_opens_a_page(lines: list[str], opens: bool) -> None:
    assert navigates(b"GET", head(*lines)) is opens
    assert not navigates(b"POST", head(*lines, method="POST"))
    assert not navigates(b"HEAD", head(*lines, method="HEAD"))


@pytest.mark.parametrize(
    ("line", "hurried"),
    [
        ("Prefer: wait=0", True),
        ("prefer: respond-async, wait=0", True),
        ('Prefer: wait="0"; x', True),
        ("Prefer: WAIT = 0", True),
        ("Prefer: wait=10", False),
        ("Prefer: wait=05", False),
        ("Prefer: await=0", False),
        ("X-Prefer: wait=0", False),
        ("Prefer: return=minimal", False),
    ],
)
def test_who_would_rather_not_wait(line: str, hurried: bool) -> None:
    assert wants_no_wait(head(line)) is hurried
    assert not wants_no_wait(head())
