"""Origins as browsers write them."""

from __future__ import annotations

import pytest

from shared.service.origins import as_sent


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
