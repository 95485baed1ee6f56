"""The administrator has logged in with a browser; what can a page of another site do with that?

The services API behind a gateway, and pages of a foreign origin, in Chromium: it sends the password
it remembers along with whatever a page has it send.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import encode_basic_auth, web
from aiohttp.typedefs import Handler

from gateway.management.access.credentials import Credentials
from gateway.management.access.origins import Origins
from gateway.management.app import application
from gateway.management.store.lifecycle import Lifecycle
from shared.embedded import kinds
from shared.runtime.clock import ManualClock
from tests.apps.browser import Page
from tests.gateway.harness import rig
from tests.gateway.management import cluster as management
from tests.loopback import listening

DEFINITION: Final = {"name": "ocr", "image": "i", "script": "s", "expose": {"api_port": 5000}}
FORGED: Final = json.dumps(DEFINITION | {"name": "forged"})
"""As a form with enctype text/plain sends it: the field's name, `=` and its value."""
NAME, VALUE = FORGED[:-1] + ', "vo": "', '"}'


@dataclass
class Site:
    """The API at `url` as the browser sees it, and two other sites: only `dashboard` is listed."""

    url: str
    foreign: str
    dashboard: str
    cluster: management.Cluster
    seen: list[tuple[str, str, bool, int]] = field(default_factory=list)
    """Of each call: method, path, whether the password came along, and the answer."""

    def services(self) -> list[str]:
        return self.cluster.names(kinds.CONFIG_MAP)

    def stopped(self) -> bool:
        annotations = self.cluster.configmap("ocr")["metadata"].get("annotations", {})
        return bool(annotations.get("oscar.grycap.io/stopped") == "true")


async def blank(_: web.Request) -> web.Response:
    return web.Response(text="<!doctype html><title>site</title>", content_type="text/html")


@pytest.fixture(params=["gateway", "direct"])
async def site(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    """Two names of one host are two sites, and two ports of one name two origins."""
    page = web.Application()
    page.router.add_get("/", blank)
    async with (
        management.running(tmp_path) as cluster,
        listening(page) as foreign,
        listening(page) as dashboard,
        rig() as gateway,
    ):
        made = Site("", f"http://localhost:{foreign}", f"http://localhost:{dashboard}", cluster)
        api = application(
            cluster.kube,
            Lifecycle(cluster.kube),
            Credentials("oscar", "secret"),
            ManualClock(),
            origins=Origins(frozenset({made.dashboard})),
        )
        api.middlewares.insert(0, _watching(made))
        async with listening(api) as port:
            gateway.services.manage([("127.0.0.1", port)])
            port = gateway.port if request.param == "gateway" else port
            made.url = f"http://127.0.0.1:{port}/system/services"
            yield made


def _watching(site: Site) -> Any:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        known = "Authorization" in request.headers
        site.seen.append((request.method, request.path, known, answer.status))
        return answer

    return middleware


@pytest.fixture
async def browser(site: Site, page: Page) -> Page:
    """It has logged in and made a service, and is now on the foreign site."""
    await page.go(site.url.replace("://", "://oscar:secret@"))
    await page.shows("[]")
    body = json.dumps(DEFINITION)
    options = f"{{method: 'POST', body: {body!r}, headers: {{'Content-Type': 'application/json'}}}}"
    assert await page.run(f"fetch({site.url!r}, {options}).then(a => a.status)") == 201
    await page.go(site.foreign)
    await page.until("document.title == 'site'")
    site.seen.clear()
    return page


def form(url: str, encoding: str) -> str:
    """Send a form to `url`, which opens what is answered."""
    return f"""(() => {{
        const form = document.createElement('form');
        [form.method, form.action, form.enctype] = ['POST', {url!r}, {encoding!r}];
        const input = document.createElement('input');
        [input.name, input.value] = [{NAME!r}, {VALUE!r}];
        form.append(input);
        document.body.append(form);
        form.submit();
    }})()"""


def called(url: str, method: str, options: str) -> str:
    """What a script gets of a call with the remembered password: a status, or the failure."""
    given = f"{{method: {method!r}, credentials: 'include', {options}}}"
    return f"fetch({url!r}, {given}).then(a => a.type + a.status, e => e.name)"


def untouched(site: Site) -> bool:
    return site.services() == ["ocr"] and not site.stopped()


@pytest.mark.parametrize(
    "encoding", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
@pytest.mark.parametrize("path", ["", "/ocr/stop"])
async def test_a_form_of_a_foreign_page_changes_nothing(
    site: Site, browser: Page, path: str, encoding: str
) -> None:
    await browser.run(form(site.url + path, encoding))
    await browser.shows("may not change services")
    assert ("POST", f"/system/services{path}", True, 403) in site.seen  # the password did come
    assert untouched(site)


async def test_a_form_in_a_frame_without_an_origin_changes_nothing(
    site: Site, browser: Page
) -> None:
    frame = f"<body><script>{form(site.url, 'text/plain')}</script>"
    await browser.run(f"""(() => {{
        const frame = document.createElement('iframe');
        frame.sandbox = 'allow-scripts allow-forms';
        frame.srcdoc = {frame!r};
        document.body.append(frame);
    }})()""")
    await _sent(browser, site, "POST")
    assert {status for method, _, _, status in site.seen if method == "POST"} == {403}
    assert untouched(site)


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("POST", "", f"mode: 'no-cors', body: {FORGED!r}"),
        ("POST", "", f"mode: 'no-cors', body: new Blob([{FORGED!r}])"),
        ("POST", "/ocr/stop", "mode: 'no-cors'"),
        ("POST", "", f"body: {FORGED!r}, headers: {{'Content-Type': 'application/json'}}"),
        ("PUT", "", f"body: {FORGED!r}"),
        ("DELETE", "/ocr", ""),
    ],
)
async def test_a_script_of_a_foreign_page_changes_nothing(
    site: Site, browser: Page, method: str, path: str, options: str
) -> None:
    assert await browser.run(called(site.url + path, method, options)) in ("opaque0", "TypeError")
    assert {one[3] for one in site.seen} <= {204, 403}
    assert site.seen
    assert untouched(site)


async def test_a_script_of_a_foreign_page_reads_nothing(site: Site, browser: Page) -> None:
    for path in ("", "/ocr", "/ocr/deployment/logs"):
        assert await browser.run(called(site.url + path, "GET", "")) == "TypeError"


def basic(password: str) -> str:
    return encode_basic_auth("oscar", password)


async def test_the_page_of_a_listed_origin_does_its_work(site: Site, browser: Page) -> None:
    await browser.go(site.dashboard)
    await browser.until("document.title == 'site'")
    for method, path, password, answer in (
        ("POST", "", "wrong", "cors401"),
        ("POST", "", "secret", "cors201"),
        ("GET", "/ocr", "secret", "cors200"),
        ("GET", "/nothing", "secret", "cors404"),
        ("POST", "/ocr/stop", "secret", "cors200"),
        ("DELETE", "/ocr", "secret", "cors204"),
    ):
        body = f"body: {FORGED!r}, " if path == "" else ""
        sent = f"'Content-Type': 'application/json', Authorization: {basic(password)!r}"
        options = f"{body}headers: {{{sent}}}"
        assert await browser.run(called(site.url + path, method, options)) == answer
    assert site.services() == ["forged"]


async def _sent(page: Page, site: Site, method: str) -> None:
    """Wait until the browser has sent a request."""
    for _ in range(200):
        if any(one[0] == method for one in site.seen):
            return
        await page.run("new Promise(done => setTimeout(done, 50))")
    raise AssertionError(f"no {method} came: {site.seen}")
