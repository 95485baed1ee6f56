"""Origins as browsers write them."""

from __future__ import annotations

import pytest

from shared.service.origins import as_sent, is_loopback


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://UI.example:443", "https://ui.example"),
        ("HTTP://ui.example:80", "http://ui.example"),
        ("http://ui.example:443", "http://ui.example:443"),
        ("https://ui.example:8443", "https://ui.example:8443"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("app://Case:443", "app://Case:443"),
        ("null", "null"),
        ("*", "*"),
    ],
)
def test_as_browsers_write_it(written: str, sent: str) -> None:
    assert as_sent(written) == sent


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://localhost:8080", True),
        ("http://127.8.0.1", True),
        ("https://[::1]:443/x", True),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example", False),
        ("http://10.0.0.1", False),
        ("nothing", False),
    ],
)
def test_addresses_of_this_machine(url: str, own: bool) -> None:
    assert is_loopback(url) is own
