"""Pages for people: whole, escaped, readable, and without anything from elsewhere."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from gateway.protocol import pages
from gateway.protocol.reasons import REASONS, Refusal
from gateway.protocol.responses import render

EMPTY = {"meta", "link", "br"}
HOSTILE = "</style></script><script>alert(1)</script>\"'&"


class Outline(HTMLParser):
    """Checks that what is opened is closed in order; keeps elements, attributes and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self.open[-1:]:
            self.texts[tag] = self.texts.get(tag, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


def shown(refusal: Refusal, *, navigation: bool = True, service: str = "ocr") -> tuple[str, str]:
    """The head and the body for a browser."""
    answer = render(refusal, service=service, request_id="r1", accept="text/html",
                    navigation=navigation)  # fmt: skip
    head, _, body = answer.decode().partition("\r\n\r\n")
    return head, body


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_page_is_whole_and_named_and_has_one_main_part(reason: str) -> None:
    _, body = shown(Refusal(reason, "because", 3.0))
    page = Outline(body)
    assert body.startswith("<!doctype html>\n")
    assert page.all("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width,initial-scale=1"} in page.all("meta")
    assert len(page.all("main")) == len(page.all("h1")) == 1
    assert page.texts["title"] == page.texts["h1"]
    assert str(REASONS[reason].status) in page.texts["footer"]
    assert reason in page.texts["footer"]
    assert "request r1" in page.texts["footer"]
    assert ("What to do" in page.texts.get("h2", "")) is bool(REASONS[reason].remedy)


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_page_loads_nothing_and_its_policy_lets_it_run_as_it_is(reason: str) -> None:
    head, body = shown(Refusal(reason, "because", 3.0))
    for tag, attributes in Outline(body).seen:
        assert not {"src", "style", "onload", "onclick"} & attributes.keys(), tag
        assert tag != "link" or attributes["href"] == "data:,"
    policy = re.search(r"\r\nContent-Security-Policy: ([^\r]+)", head)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; ")
    for kind in ("style", "script"):
        for text in re.findall(f"<{kind}>(.*?)</{kind}>", body, re.DOTALL):
            digest = b64encode(sha256(text.encode()).digest()).decode()
            assert f"{kind}-src 'sha256-{digest}'" in policy[1]
    assert "\r\nX-Content-Type-Options: nosniff" in head
    assert "\r\nReferrer-Policy: same-origin" in head


def test_nothing_of_a_client_is_taken_for_html() -> None:
    refusal = Refusal("bad_request", HOSTILE, link=f"/{HOSTILE}")
    _, body = shown(refusal, service=HOSTILE)
    page = Outline(body)
    assert page.all("script") == []
    assert page.all("a") == [{"href": f"/{HOSTILE}"}]
    _, body = shown(Refusal("starting", HOSTILE, 1.0), service=HOSTILE)
    page = Outline(body)
    assert len(page.all("script")) == 1
    assert page.texts["h1"] == f"{HOSTILE} is starting"


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_only_what_passes_by_itself_is_looked_at_again(reason: str) -> None:
    passes = reason in ("starting", "no_ready_pod", "not_ready")
    page = Outline(shown(Refusal(reason, seconds=3.0))[1])
    assert bool(page.all("script")) is passes
    assert bool(page.all("noscript")) is passes
    assert bool(page.all("progress")) is passes
    assert ("http-equiv" in str(page.all("meta"))) is passes


def test_the_answer_to_a_form_is_never_sent_again() -> None:
    """A reload would post it once more."""
    page = Outline(shown(Refusal("no_ready_pod", seconds=60.0), navigation=False)[1])
    assert page.all("script") == page.all("noscript") == []


def test_the_page_tells_how_long_the_start_takes_so_far() -> None:
    page = Outline(shown(Refusal("starting", "its pod runs", 41.6))[1])
    assert page.texts["span"] == "42"
    assert {"http-equiv": "refresh", "content": "5"} in page.all("meta")


@pytest.mark.parametrize(
    ("waited", "pause"), [(0.0, 2.0), (16.0, 2.0), (80.0, 10.0), (9e9, 15.0), (None, 15.0)]
)
def test_the_longer_it_lasts_the_rarer_it_is_looked_at(waited: float | None, pause: float) -> None:
    assert pages.next_look(waited) == pause


def test_every_text_has_enough_contrast_in_both_schemes() -> None:
    """WCAG 2.2, success criterion 1.4.3: 4.5 to 1."""
    schemes = pages.PALETTE.split("@media")
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+):(#\w+)", scheme))
        for name in ("text", "quiet", "mark", "bad"):
            assert contrast(colours[name], colours["ground"]) >= 4.5, (name, scheme)


def contrast(one: str, other: str) -> float:
    lights = sorted((luminance(one), luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
