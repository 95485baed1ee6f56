"""JupyterLab keeps its prefix (rewrite_target) and talks to its kernel over a WebSocket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import aiohttp
import pytest

from tests.gateway.fake_cluster import TOKEN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.apps.browser import Page
    from tests.apps.conftest import Front, Start

CODE = "print(6 * 7)"
RUN = """(
    document.querySelector('.jp-Dialog .jp-mod-accept')?.click(),
    document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=idle]') &&
        !document.querySelector('.jp-OutputArea-output') &&
        void jupyterapp.commands.execute('notebook:run-all-cells'),
    document.querySelector('.jp-OutputArea-output')?.textContent)"""
"""Confirm the kernel if asked, run all cells once it is idle, and read what they print."""


@pytest.fixture
async def url(start: Start, folder: Path) -> str:
    cell: dict[str, Any] = {"cell_type": "code", "source": CODE, "id": "a", "metadata": {}}
    cell |= {"outputs": [], "execution_count": None}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": [cell]}
    script = "c.LabApp.expose_app_in_browser = True"  # lets the test call JupyterLab's commands
    (folder / "jupyter_lab_config.py").write_text(script)
    (folder / "work.ipynb").write_text(json.dumps(notebook))
    return await start("jupyterlab", JUPYTER_CONFIG_DIR=str(folder))


@pytest.mark.timeout(180)
async def test_a_notebook_runs_in_a_browser(url: str, front: Front, page: Page) -> None:
    await page.go(f"{await front(url)}lab/tree/work.ipynb?token={TOKEN}")
    await page.until("window.jupyterapp && document.querySelector('.jp-Notebook .jp-Cell')")
    assert "token" not in await page.run("location.search")
    assert (await page.until(RUN, period=1.0)).strip() == "42"


@pytest.mark.timeout(180)
async def test_a_kernel_answers_a_client(url: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    jar = aiohttp.CookieJar(unsafe=True)  # the host is an address
    async with aiohttp.ClientSession(headers=headers, cookie_jar=jar) as client:
        async with client.get(url + "lab") as answer:
            assert answer.status == 200
        xsrf = {"X-XSRFToken": answer.cookies["_xsrf"].value}
        async with client.post(url + "api/kernels", headers=xsrf, json={}) as answer:
            assert answer.status == 201
            kernel = (await answer.json())["id"]
        async with client.ws_connect(f"{url}api/kernels/{kernel}/channels") as socket:
            await socket.send_json(_execute(CODE))
            while True:
                message = await socket.receive_json()
                if message["msg_type"] == "stream":
                    break
        assert message["content"]["text"].strip() == "42"


def _execute(code: str) -> dict[str, object]:
    header = {"msg_id": uuid4().hex, "msg_type": "execute_request", "username": "",
              "session": uuid4().hex, "version": "5.3", "date": ""}  # fmt: skip
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {},
               "allow_stdin": False, "stop_on_error": True}  # fmt: skip
    return {"header": header, "parent_header": {}, "metadata": {}, "content": content,
            "channel": "shell", "buffers": []}  # fmt: skip
