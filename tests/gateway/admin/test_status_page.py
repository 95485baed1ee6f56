"""The page for people."""

from __future__ import annotations

from typing import Any

from gateway.admin import status_page

IDLE: dict[str, Any] = {"in_flight": 0, "waiting": 0, "endpoints": {"ready": 1}, "pods": {}}
BASE: dict[str, Any] = {"ready": True, "connections": 2, "age": 3.2, "invalid": 0}


def test_the_busiest_come_first_and_ejections_are_marked() -> None:
    busy = IDLE | {
        "in_flight": 5,
        "requests": {"GET 200 upstream": 6, "GET 502 gateway": 2, "GET 503 waiting": 1},
        "endpoints": {"ready": 1, "ejected": 1},
        "pods": {"10.0.0.1:80": {"in_flight": 5, "ejected": True}},
    }
    page = status_page.render(BASE | {"services": {"a": IDLE, "b": busy}})
    assert page.index("<td>b<") < page.index("<td>a<")
    assert '<span class="bad">10.0.0.1:80 (5)</span>' in page
    assert "<td>9<td>2<" in page
    assert "3 s ago" in page


def test_the_number_of_rows_is_bounded() -> None:
    services = {f"s{number:05}": IDLE for number in range(2_000)}
    page = status_page.render(BASE | {"services": services})
    assert page.count("<tr><td>") == status_page.ROWS
    assert "1500 more" in page


def test_what_is_wrong_is_said_and_escaped() -> None:
    page = status_page.render(
        BASE
        | {
            "services": {"<b>": IDLE},
            "ready": False,
            "why": "<draining>",
            "age": None,
            "invalid": 2,
        }
    )
    assert "not ready: &lt;draining&gt;" in page
    assert "<b>" not in page
    assert "confirmed never ago" not in page
    assert "2 invalid definitions" in page


def test_the_page_suits_dark_screens_and_scrolls_its_table_alone_on_narrow_ones() -> None:
    page = status_page.render(BASE | {"services": {"a": IDLE}})
    assert "prefers-color-scheme:dark" in page
    assert "overflow-x:auto" in page
    assert "{" not in page.partition("</style>")[2]
