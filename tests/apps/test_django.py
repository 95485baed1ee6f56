"""Django under gunicorn below its prefix: login by a form with CSRF, cookies, the admin site."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.apps.conftest import unpack
from tests.apps.pods import PYTHON

if TYPE_CHECKING:
    from tests.apps.browser import Page
    from tests.apps.conftest import Front, Start


@pytest.fixture
async def database(folder: Path) -> None:
    """A migrated database with the superuser ada."""
    unpack("django", folder)
    await _manage(folder, "migrate", "--verbosity=0")
    await _manage(
        folder, "createsuperuser", "--no-input", "--username=ada", "--email=a@example.org"
    )


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("name", ["django", "django-kept"])
async def test_a_user_logs_in_with_a_browser(start: Start, page: Page, name: str) -> None:
    url = await start(name)
    prefix = f"/system/services/{name}/exposed"
    await page.go(url + "private/?a=b")
    await _log_in(page)
    await page.shows('"user": "ada"')
    assert await page.run("JSON.parse(document.body.innerText).url") == url + "private/?a=b"
    cookies = (await page.call("Network.getCookies"))["cookies"]
    assert {cookie["name"]: cookie["path"] for cookie in cookies} == {
        "sessionid": prefix,
        "csrftoken": prefix,
    }
    await page.go(url + "admin")
    await page.shows("Site administration")
    assert await page.run("getComputedStyle(document.querySelector('#header')).display") == "flex"
    assert page.failures == []


@pytest.mark.usefixtures("database")
async def test_the_admin_site_saves_behind_a_proxy_with_tls(
    start: Start, front: Front, page: Page
) -> None:
    """Over https Django compares Origin and Referer with the address it believes to have."""
    url = await front(await start("django"))
    await page.go(url + "admin/")
    await _log_in(page)
    await page.click("a[href$='auth/group/add/']")
    await page.write("#id_name", "readers")
    await page.shows("was added successfully")
    assert await page.run("location.href") == url + "admin/auth/group/"
    assert page.failures == []


async def _log_in(page: Page) -> None:
    await page.until("document.querySelector('#id_username')")
    await page.run("document.querySelector('#id_username').value = 'ada'")
    await page.write("#id_password", "secret")


async def _manage(folder: Path, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        PYTHON, "-m", "django", *arguments, cwd=folder, env={
            "PYTHONPATH": str(folder), "DJANGO_SETTINGS_MODULE": "project.settings",
            "DJANGO_SUPERUSER_PASSWORD": "secret", "OSCAR_SERVICE_BASE_PATH": "",
        },
    )  # fmt: skip
    assert await process.wait() == 0
