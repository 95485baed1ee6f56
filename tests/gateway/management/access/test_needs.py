from __future__ import annotations

import pytest

from gateway.management.access.needs import Need, needed

ONE = "/system/services/{name}"


@pytest.mark.parametrize(
    ("method", "route", "path", "need"),
    [
        ("GET", "/health", "/health", "nothing"),
        ("GET", f"{ONE}/auth", "/system/services/a/auth", "nothing"),
        ("GET", "", "/other", "nothing"),
        ("GET", "", "/system/other", "caller"),
        ("POST", "/system/services", "/system/services", "caller"),
        ("GET", ONE, "/system/services/a", "see"),
        ("HEAD", ONE, "/system/services/a", "see"),
        ("DELETE", ONE, "/system/services/a", "change"),
        ("GET", f"{ONE}/deployment/logs", "/system/services/a/deployment/logs", "see"),
        ("POST", f"{ONE}/whatever/is/new", "/system/services/a/whatever/is/new", "change"),
        ("GET", "/whatever/is/new", "/whatever/is/new", "caller"),
    ],
)
def test_what_a_call_needs(method: str, route: str, path: str, need: Need) -> None:
    assert needed(method, route, path) == need
