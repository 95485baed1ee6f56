"""The settings of where spans go."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from gateway.settings import read
from gateway.tracing.collector import endpoint, headers
from shared.runtime.settings import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://collector:4318", "http://collector:4318/v1/traces"),
        ("http://collector:4318/", "http://collector:4318/v1/traces"),
        ("https://c.test/otlp", "https://c.test/otlp/v1/traces"),
        ("https://c.test/v1/traces", "https://c.test/v1/traces"),
        ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
    ],
)
def test_the_path_of_otlp_is_added_where_it_is_missing(text: str, url: str) -> None:
    assert endpoint(text) == url


@pytest.mark.parametrize(
    "text", ["collector:4318", "grpc://c:4317", "http://", "http://c/?a=b", "http://c/#a"]
)
def test_what_is_no_url_of_a_collector(text: str) -> None:
    with pytest.raises(ValueError, match="is not the URL of a collector"):
        endpoint(text)


def test_credentials_in_the_url_are_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="GATEWAY_TRACES_HEADERS_FILE") as error:
        endpoint("http://user:secret@c:4318")
    assert "secret" not in str(error.value)


def test_without_the_packages_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    with pytest.raises(SettingsError, match=r"pip install 'exposed-services\[traces\]'"):
        read({"GATEWAY_TRACES": "http://c:4318"})
    assert read({}).traces is None


def test_all_settings(tmp_path: Path) -> None:
    file = tmp_path / "headers"
    file.write_text("Authorization: Bearer secret\n\nX-Scope: a: b\n")
    found = read(
        {
            "GATEWAY_TRACES": "http://c:4318",
            "GATEWAY_TRACES_RATIO": "0.25",
            "GATEWAY_TRACES_SERVICE": "edge",
            "GATEWAY_TRACES_HEADERS_FILE": str(file),
        }
    ).traces
    assert found is not None
    assert (found.ratio, found.service) == (0.25, "edge")
    assert found.headers == (("Authorization", "Bearer secret"), ("X-Scope", "a: b"))
    assert "secret" not in repr(found)
    default = read({"GATEWAY_TRACES": "http://c:4318"}).traces
    assert default is not None
    assert (default.ratio, default.service, default.headers) == (0.1, "exposed-gateway", ())


@pytest.mark.parametrize("text", ["secret", "a b: secret", ": secret", "a: se\x00cret"])
def test_what_is_wrong_in_the_file_is_told_by_its_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "headers"
    file.write_text("A: b\n" + text)
    with pytest.raises(ValueError, match="line 2 is not") as error:
        headers(str(file))
    assert "secret" not in str(error.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file"):
        headers(str(tmp_path / "none"))
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="not UTF-8"):
        headers(str(tmp_path / "binary"))


@pytest.mark.parametrize("ratio", ["-1", "1.1", "x"])
def test_a_share_lies_between_0_and_1(ratio: str) -> None:
    with pytest.raises(SettingsError, match="GATEWAY_TRACES_RATIO: "):
        read({"GATEWAY_TRACES_RATIO": ratio})
