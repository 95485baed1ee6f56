"""Absolute links of applications that end at the gateway's root."""

from __future__ import annotations

import pytest

from gateway.protocol.reasons import Refusal
from gateway.routing.compose import Profile
from tests.gateway.routing.test_planner import STRANGER, TRUSTED, Desk, reason

APP = "/system/services/app/exposed"


def ask(
    referer: str,
    target: str = "/login",
    *lines: str,
    host: str = "gw.test",
    method: str = "GET",
    profile: Profile = STRANGER,
) -> tuple[str, str, str]:
    """Reason, service and link of the answer."""
    head = [f"{method} {target} HTTP/1.1", f"Host: {host}", f"Referer: {referer}", *lines, "", ""]
    request = Desk(set_auth=True).raw("\r\n".join(head).encode("latin-1"), profile)
    assert isinstance(request.answer, Refusal)
    assert request.answer.status == 404
    return reason(request), request.plan.service, request.answer.link


@pytest.mark.parametrize(
    ("referer", "host"),
    [
        (f"http://gw.test{APP}/", "gw.test"),
        (f"https://gw.test{APP}/a/b?c=d", "gw.test"),
        (f"http://gw.test{APP}", "gw.test"),
        (f"http://GW.test:80{APP}/", "gw.TEST"),
        (f"http://gw.test{APP}/", "gw.test:80"),
        (f"https://gw.test{APP}/", "gw.test:443"),
        (f"http://gw.test:8080{APP}/", "gw.test:8080"),
        (f"http://[::1]:8080{APP}/", "[::1]:8080"),
        (f"http://[::1]{APP}/", "[0:0::1]"),
    ],
)
def test_a_page_of_a_service_on_this_host_led_here(referer: str, host: str) -> None:
    assert ask(referer, host=host) == ("absolute_link", "app", f"{APP}/login")


@pytest.mark.parametrize(
    "referer",
    [
        "",
        "http://gw.test/",
        "http://gw.test/system/services",
        "http://gw.test/system/services/other/exposed/",
        f"http://elsewhere.test{APP}/",
        f"http://gw.test:81{APP}/",
        f"https://gw.test:444{APP}/",
        f"http://gw.test.evil{APP}/",
        f"http://u@gw.test{APP}/",
        f"//gw.test{APP}/",
        f"ftp://gw.test{APP}/",
        f"http://gw.test/outer{APP}/",
        f"http://gw.test?{APP}/",
        f"http://gw.test{APP}/ http://gw.test{APP}/",
        f"http://gw.test{APP}x/",
        f"http://gw.test{APP}/\xe9",
        f"http://gw.test/system/services/{'a' * 70}/exposed/",
    ],
)
def test_what_says_no_such_thing_is_not_believed(referer: str) -> None:
    assert ask(referer) == ("not_found", "", "")


def test_behind_a_trusted_proxy_its_host_and_prefix_count() -> None:
    lines = ("X-Forwarded-Host: public.test", "X-Forwarded-Prefix: /outer/")
    referer = f"https://public.test/outer{APP}/"
    assert ask(referer, "/x", *lines, profile=TRUSTED) == (
        "absolute_link", "app", f"/outer{APP}/x",
    )  # fmt: skip
    assert ask(referer, "/x", *lines)[0] == "not_found"


@pytest.mark.parametrize(
    ("method", "target", "link"),
    [
        ("GET", "/static/app.js?v=1", f"{APP}/static/app.js?v=1"),
        ("GET", "/favicon.ico", f"{APP}/favicon.ico"),
        ("GET", "/", f"{APP}/"),
        ("GET", "//x", f"{APP}//x"),
        ("POST", "/login", f"{APP}/"),
        ("HEAD", "/login", f"{APP}/"),
        ("GET", "/../../b/exposed/", f"{APP}/"),
        ("GET", "/%2e%2e/%2e%2e/b", f"{APP}/"),
        ("GET", "/" + "a" * 3000, f"{APP}/"),
    ],
)
def test_the_link_leads_to_the_same_path_of_the_service_or_to_its_root(
    method: str, target: str, link: str
) -> None:
    assert ask(f"http://gw.test{APP}/", target, method=method)[2] == link


def test_what_an_application_calls_run_is_not_an_invocation() -> None:
    assert ask(f"http://gw.test{APP}/", "/run/predict", method="POST")[0] == "absolute_link"
    head = b"POST /run/app HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 0\r\n\r\n"
    assert Desk().raw(head).answer is None


def test_what_the_gateway_serves_itself_is_no_stray() -> None:
    for target in ("/system/services", "/health"):
        head = f"GET {target} HTTP/1.1\r\nHost: gw.test\r\nReferer: http://gw.test{APP}/\r\n\r\n"
        assert Desk().raw(head.encode()).answer is None
