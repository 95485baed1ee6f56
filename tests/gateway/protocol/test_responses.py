"""Refusals as bytes, read back by the HTTP client of the standard library."""

from __future__ import annotations

import io
import json
from email.message import Message
from http.client import HTTPResponse
from typing import cast

import pytest

from gateway.protocol.reasons import REASONS, Refusal
from gateway.protocol.responses import ALLOW, Answer, prefers_html, redirect, render
from shared.service.progress import Phase, Progress


class _Socket:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        assert mode == "rb"
        return io.BytesIO(self._data)


def parse(data: bytes, method: str = "GET") -> tuple[int, Message, bytes]:
    response = HTTPResponse(cast("object", _Socket(data)), method=method)  # type: ignore[arg-type]
    response.begin()
    return response.status, response.headers, response.read()


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_renders_as_json_and_as_a_page(reason: str) -> None:
    refusal = Refusal(reason, detail="refused", seconds=2.0)
    status, headers, body = parse(render(refusal, service="nginx", api_port=8080, request_id="r1"))
    texts = json.loads(body)
    assert status == REASONS[reason].status
    assert headers["X-Gateway-Error"] == reason
    assert headers["Content-Type"] == "application/json"
    assert texts.keys() == {"error", "reason", "service", "request_id", "remedy"}
    assert (texts["reason"], texts["service"], texts["request_id"]) == (reason, "nginx", "r1")
    assert "{" not in texts["error"] + texts["remedy"]

    _, headers, body = parse(render(refusal, service="nginx", accept="text/html"))
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert str(status).encode() in body


def test_502_names_the_port_and_what_to_check() -> None:
    refusal = Refusal("connect_failed", detail="refused by 127.1.0.1:8080")
    texts = json.loads(parse(render(refusal, service="nginx", api_port=8080))[2])
    assert "port 8080" in texts["error"]
    assert "expose.api_port" in texts["remedy"]


@pytest.mark.parametrize("which", ["connect", "first_byte", "idle"])
def test_504_names_the_time_out_that_fired(which: str) -> None:
    texts = json.loads(parse(render(Refusal(f"{which}_timeout", seconds=1.5), service="s"))[2])
    assert f"expose.timeouts.{which}" in texts["error"]
    assert "1.5 s" in texts["error"]


def test_401_asks_for_basic_credentials() -> None:
    _, headers, _ = parse(render(Refusal("unauthorized"), service="s"))
    assert headers["WWW-Authenticate"].startswith('Basic realm="')


def test_503_and_429_say_when_to_try_again() -> None:
    for reason in ("stopped", "queue_full", "not_ready", "too_many_connections"):
        assert int(parse(render(Refusal(reason)))[1]["Retry-After"]) > 0


def test_reflected_text_is_escaped_in_both_forms() -> None:
    hostile = '<script>"&\r\nX-Evil: 1'
    refusal = Refusal("bad_request", detail=hostile)
    _, headers, body = parse(render(refusal, service=hostile, accept="text/html"))
    assert b"<script>" not in body
    assert "X-Evil" not in headers
    _, headers, body = parse(render(refusal, service=hostile))
    assert json.loads(body)["service"] == hostile
    assert "X-Evil" not in headers


def test_braces_in_a_detail_are_plain_text() -> None:
    texts = json.loads(parse(render(Refusal("bad_request", detail="{service} {0}")))[2])
    assert "{service} {0}" in texts["error"]


def test_head_has_the_length_and_no_body() -> None:
    data = render(Refusal("unknown_service"), service="s", head_only=True)
    assert data.endswith(b"\r\n\r\n")
    assert int(parse(data, "HEAD")[1]["Content-Length"]) > 0


def test_lost_framing_closes_and_a_wish_to_close_is_announced() -> None:
    assert parse(render(Refusal("bad_request")))[1]["Connection"] == "close"
    assert parse(render(Refusal("unauthorized")))[1]["Connection"] is None
    assert parse(render(Refusal("unauthorized"), close=True))[1]["Connection"] == "close"


def test_extra_fields_are_sent() -> None:
    assert parse(render(Refusal("stopped"), extra=b"Vary: Origin\r\n"))[1]["Vary"] == "Origin"


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("application/json, text/html;q=0.5", False),
        ("text/html;q=0", False),
        ("text/html;q=nonsense", False),
        ("TEXT/HTML", True),
    ],
)
def test_who_gets_a_page(accept: str, page: bool) -> None:
    assert prefers_html(accept) is page


def test_a_redirect_carries_location_and_cookie() -> None:
    status, headers, body = parse(render(redirect(302, b"/a/?x=1", cookie=b"c=v; Path=/a")))
    assert (status, headers["Location"], headers["Set-Cookie"], body) == (
        302,
        "/a/?x=1",
        "c=v; Path=/a",
        b"",
    )
    assert parse(render(redirect(308, b"/a/"), close=True))[1]["Connection"] == "close"


def test_every_kind_of_answer_names_the_request() -> None:
    for answer in (Refusal("stopped"), redirect(308, b"/a/"), ALLOW, Answer(204)):
        assert parse(render(answer, request_id="r1"))[1]["X-Request-Id"] == "r1"


def test_a_204_has_no_length() -> None:
    status, headers, body = parse(render(ALLOW))
    assert (status, headers["Content-Length"], body) == (204, None, b"")
    assert "DELETE" in headers["Allow"]
    assert parse(render(Refusal("method_not_allowed")))[1]["Allow"] == headers["Allow"]


def test_a_remedy_names_the_namespace_of_the_service() -> None:
    raw = render(Refusal("not_ready"), service="hers", namespace="oscar-svc-alice")
    assert "kubectl describe pods -n oscar-svc-alice -l" in json.loads(parse(raw)[2])["remedy"]


def test_how_far_a_start_is_stands_in_the_head_and_on_the_page() -> None:
    progress = Progress("ocr", Phase.PULLING, "registry/image:2", usual_s=40.0)
    refusal = Refusal("starting", "there is no pod yet", 12.0, progress=progress, retry_after=28)
    head, _, body = render(refusal, service="ocr", navigation=True).partition(b"\r\n\r\n")
    assert b"\r\nX-Gateway-Phase: pulling\r\n" in head
    assert b"\r\nRetry-After: 28\r\n" in head
    assert b"Retry-After: 5" not in head
    assert b"<small>registry/image:2</small>" in body
    assert b"\r\nX-Gateway-Phase: pulling\r\n" in render(refusal, service="ocr", head_only=True)
    plain = render(Refusal("starting", "there is no pod yet", 12.0), service="ocr")
    assert b"X-Gateway-Phase" not in plain
    assert b"\r\nRetry-After: 5\r\n" in plain
