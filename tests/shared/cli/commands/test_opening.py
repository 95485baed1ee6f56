"""open: which address the browser gets, and what people are told."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.shared.cli.conftest import Cli, FakeApi

TOKEN = "t" * 64


class Browser:
    """Notes what it is to open, and opens what is on this machine."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.location = ""
        self.there = True
        self.visit: threading.Thread

    def __call__(self, url: str) -> bool:
        self.opened.append(url)
        if "/system/" not in url:
            self.visit = threading.Thread(target=self._visit, args=(url,))
            self.visit.start()
        return self.there

    def _visit(self, url: str) -> None:
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        try:
            urllib.request.build_opener(Stay).open(url, timeout=60)
        except urllib.error.HTTPError as error:
            self.location = error.headers["Location"]


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    made = Browser()
    monkeypatch.setattr("webbrowser.open", made)
    return made


def serve(api: FakeApi, **expose: Any) -> str:
    api.services["one"] = {
        "name": "one",
        "token": TOKEN,
        "expose": {"api_port": [80], **expose},
    }
    return f"{api.url}/system/services/one/exposed/"


def test_an_open_service(cli: Cli, api: FakeApi, browser: Browser) -> None:
    url = serve(api)
    result = cli("open", "one")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{url}\n", "")
    assert browser.opened == [url]


def test_print_opens_nothing(cli: Cli, api: FakeApi, browser: Browser) -> None:
    url = serve(api, set_auth=True, auth_type="forward")
    assert cli("open", "one", "--print").stdout == f"{url}\n"
    assert browser.opened == []


def test_how_to_sign_in_is_told(cli: Cli, api: FakeApi, browser: Browser) -> None:
    url = serve(api, set_auth=True)
    result = cli("open", "one")
    assert "user one, password as `exposed token one` prints it" in result.stderr
    serve(api, set_auth=True, auth_type="forward")
    assert "open it with --with-token" in cli("open", "one").stderr
    assert browser.opened == [url, url]


def test_a_token_is_in_no_command_line(cli: Cli, api: FakeApi, browser: Browser) -> None:
    url = serve(api, set_auth=True, auth_type="forward")
    result = cli("open", "one", "--with-token")
    assert result.exit_code == 0, result.output
    assert TOKEN not in result.output
    assert "the token travels in an address" in result.stderr
    (opened,) = browser.opened
    assert TOKEN not in opened
    browser.visit.join(60)
    assert browser.location == f"{url}?token={TOKEN}"


@pytest.mark.parametrize(
    ("expose", "arguments", "words"),
    [
        ({"api_port": []}, (), "is not exposed"),
        ({}, ("--with-token",), "asks for no token"),
        ({"set_auth": True}, ("--with-token",), "auth_type: forward"),
    ],
)
def test_what_cannot_be_opened(
    cli: Cli,
    api: FakeApi,
    browser: Browser,
    expose: dict[str, Any],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    serve(api, **expose)
    result = cli("open", "one", *arguments)
    assert result.exit_code == 1
    assert words in result.output
    assert browser.opened == []


def test_without_a_browser(cli: Cli, api: FakeApi, browser: Browser) -> None:
    url = serve(api)
    browser.there = False
    result = cli("open", "one")
    assert result.exit_code == 1
    assert f"open the address yourself: {url}" in result.output
