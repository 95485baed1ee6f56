"""Lines as a reader of standard output gets them, through a real pipe."""

from __future__ import annotations

import asyncio
import json
import os
import re
import select
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.access_log import AccessLog, Entry, redact
from tests.tasks import running
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRY = Entry(
    at=1136239445.25,
    service="nginx",
    method="GET",
    target="/system/services/nginx/exposed/a?x=1",
    protocol="HTTP/1.1",
    status=200,
    source="upstream",
    reason="",
    duration=0.0123,
    first_byte=0.01,
    queue_wait=0.0,
    bytes_in=0,
    bytes_out=612,
    endpoint="127.1.0.1:80",
    retries=0,
    client="10.0.0.9",
    request_id="abc",
    user_agent="curl/8",
)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


async def logged(log: AccessLog, reader: int, *entries: Entry) -> bytes:
    """What arrives in the pipe when `log` takes `entries` and is then stopped."""
    async with running(log.run()):
        await asyncio.sleep(0)
        for entry in entries:
            log.write(entry)
    return os.read(reader, 1 << 20)


async def test_json_lines_hold_the_request(pipe: tuple[int, int]) -> None:
    data = await logged(AccessLog("all", "json", fd=pipe[1]), pipe[0], ENTRY, ENTRY)
    first, second = data.splitlines()
    line = json.loads(first)
    assert first == second
    assert line["time"] == "2006-01-02T22:04:05.250+00:00"
    assert (line["service"], line["status"], line["bytes_out"]) == ("nginx", 200, 612)


async def test_the_oscar_form_satisfies_oscars_expressions(pipe: tuple[int, int]) -> None:
    text = (await logged(AccessLog("all", "oscar", fd=pipe[1]), pipe[0], ENTRY)).decode()
    assert "[02/Jan/2006:22:04:05 +0000]" in text
    assert '"GET /system/services/nginx/exposed/a?x=1 HTTP/1.1"' in text
    found = re.search(r"/system/services/(?P<service>[^/ ]+)/exposed", text)
    assert found is not None
    assert found["service"] == "nginx"


@pytest.mark.parametrize("form", ["json", "oscar"])
async def test_nothing_forges_a_line_and_no_token_is_written(
    form: str, pipe: tuple[int, int]
) -> None:
    hostile = replace(
        ENTRY, target='/x?token=s3cret&a="\n', user_agent='"\r\n127.0.0.1 - - [', request_id="a\nb"
    )
    log = AccessLog("all", form, fd=pipe[1])  # type: ignore[arg-type]
    data = await logged(log, pipe[0], hostile)
    assert len(data.splitlines()) == 1
    assert b"s3cret" not in data
    assert b"token=REDACTED" in data


@pytest.mark.parametrize("form", ["json", "oscar"])
async def test_control_characters_do_not_reach_a_terminal(form: str, pipe: tuple[int, int]) -> None:
    """C1 as well (U+009B begins a sequence as ESC [ does): nginx writes all bytes from 0x7f on as
    escapes, Caddy's encoder (zap) what is not printable."""
    acting = bytes([*range(0x20), *range(0x7F, 0x100)]).decode("latin-1")
    hostile = replace(
        ENTRY, service=acting, method=acting, target=f"/{acting}", user_agent=acting,
        request_id=acting,
    )  # fmt: skip
    log = AccessLog("all", form, fd=pipe[1])  # type: ignore[arg-type]
    text = (await logged(log, pipe[0], hostile)).decode().removesuffix("\n")
    assert not {char for char in text if unicodedata.category(char) == "Cc"}
    if form == "json":
        assert json.loads(text)["user_agent"] == acting, "and JSON says the same when read back"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/a", "/a"),
        ("/a?x=token", "/a?x=token"),
        ("/a?token=", "/a?token=REDACTED"),
        ("/a?x=1&token=s&y=2", "/a?x=1&token=REDACTED&y=2"),
        ("/a?tok%65n=s", "/a?tok%65n=REDACTED"),
        ("/a?TOKEN=s;token=t", "/a?TOKEN=REDACTED;token=REDACTED"),
        ("/a?%74%6F%6b%45%4E=s", "/a?%74%6F%6b%45%4E=REDACTED"),
        ("/a?%20%0A+token%C2%A0=s", "/a?%20%0A+token%C2%A0=REDACTED"),
        ("/a?xtoken=s&token2=t&%41token=u", "/a?xtoken=s&token2=t&%41token=u"),
        ("/a?token=s?token=t", "/a?token=REDACTED"),
        ("/token=s?tokens=t", "/token=s?tokens=t"),
    ],
)
def test_redaction(target: str, expected: str) -> None:
    assert redact(target) == expected


def test_modes_choose_by_status_and_by_broken_exchanges() -> None:
    wanted = {
        mode: [AccessLog(mode, "json").wants(*case) for case in ((200,), (404,), (200, "idle"))]
        for mode in ("off", "errors", "all")
    }
    assert wanted == {
        "off": [False, False, False],
        "errors": [False, True, True],
        "all": [True, True, True],
    }


def test_who_is_told_that_a_service_starts_is_no_failure() -> None:
    logs = [AccessLog(mode, "json") for mode in ("off", "errors", "all")]
    assert [one.wants(503, "starting", "waiting") for one in logs] == [False, False, True]


async def test_what_does_not_fit_is_dropped_and_counted(pipe: tuple[int, int]) -> None:
    """By bytes: a client chooses how long its lines are."""
    log = AccessLog("all", "json", fd=pipe[1], capacity=500)
    data = await logged(log, pipe[0], *[ENTRY] * 5)
    assert len(data.splitlines()) == 2
    assert log.dropped == 3


async def test_a_reader_that_sleeps_does_not_stop_the_loop(pipe: tuple[int, int]) -> None:
    log = AccessLog("all", "json", fd=pipe[1], capacity=5_000_000)
    task = asyncio.create_task(log.run())
    for _ in range(2_000):  # more than a pipe holds, so the writing thread blocks
        log.write(ENTRY)
    await until(lambda: not select.select([], pipe[1:], [], 0)[1], "the pipe is full")
    log.write(ENTRY)
    await asyncio.sleep(0)
    task.cancel()
    received = await asyncio.to_thread(_read_lines, pipe[0], 2_001)
    await asyncio.gather(task, return_exceptions=True)
    assert received == 2_001


def _read_lines(reader: int, wanted: int) -> int:
    count = 0
    while count < wanted:
        count += os.read(reader, 65536).count(b"\n")
    return count
