from __future__ import annotations

from scaler.config.document import Config, SourceConfig, parse
from scaler.config.published import MAX_PUBLISHED, published, read_published
from scaler.config.scaling import Scaling
from scaler.decision import Policy

BASE = Config(
    source=SourceConfig(gateways=("http://127.0.0.1:8081",)),
    defaults=Scaling(policy=Policy(period=1.0)),
)
FILE = """
source: kubelet
defaults: {in_flight_target: 4}   # what nobody else is to read
services: {a: {policy: hpa, period: 20s}}
"""


def test_what_is_published_is_what_holds() -> None:
    for text in ("", FILE, "gateways: [http://gateway:8081]", "gateways: []", "defaults: null"):
        effective = parse(text, BASE) if text else BASE
        assert read_published(published(BASE, text)) == effective


def test_neither_comments_nor_passwords_are_published() -> None:
    text = published(BASE, FILE + "gateways: ['http://me:secret@gateway:8081']")
    assert "nobody else" not in text
    assert "secret" not in text
    assert read_published(text).source.gateways == ("http://gateway:8081",)


def test_a_document_that_is_too_long_is_left_out() -> None:
    services = "".join(f"  s{index}: {{period: 20s}}\n" for index in range(MAX_PUBLISHED // 20))
    assert published(BASE, f"services:\n{services}") == ""
