"""The environment → settings, and the documentation that must be true."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from gateway.limits import Identity, Limits
from gateway.routing.cors import Cors
from gateway.settings import VARIABLES, Settings, read
from shared.runtime.settings import SettingsError
from shared.service.spaces import Spaces


def test_the_documented_defaults_are_those_of_the_code() -> None:
    settings = read({})
    assert settings.limits == Limits()
    assert settings.identity == Identity()
    assert settings.cors == Cors()
    assert settings.listen == ("0.0.0.0", 8080)
    assert settings.tls is None
    assert not settings.cors


def test_saying_the_defaults_changes_nothing() -> None:
    assert read({name: default for name, (default, _) in VARIABLES.items()}) == read({})


@pytest.mark.parametrize(
    ("variable", "text", "read_out"),
    [
        ("GATEWAY_PORT", "0", lambda s: s.listen[1] == 0),
        ("GATEWAY_WORKERS", "4", lambda s: s.workers == 4),
        ("GATEWAY_MANAGEMENT", "m:82, [::1]:83",
         lambda s: s.management == (("m", 82), ("::1", 83))),
        ("GATEWAY_MAX_BODY", "10", lambda s: s.limits.body == 10),
        ("GATEWAY_TRUSTED_PROXIES", "10.0.0.0/8,::1",
         lambda s: s.identity.trusted == (ip_network("10.0.0.0/8"), ip_network("::1"))),
        ("GATEWAY_DRAIN_TUNNELS", "0.5", lambda s: s.drain.tunnels == 0.5),
        ("GATEWAY_ACCESS_LOG", "all", lambda s: s.access_log.mode == "all"),
        ("GATEWAY_CORS_ORIGINS", "https://a.example,http://localhost:5173",
         lambda s: s.cors.origins == ("https://a.example", "http://localhost:5173")),
        ("GATEWAY_CORS_ORIGINS", "capacitor://localhost, chrome-extension://abc, http://a_b,null",
         lambda s: s.cors.origins[1:] == ("chrome-extension://abc", "http://a_b", "null")),
        ("GATEWAY_CORS_ORIGINS", "HTTPS://UI.Test:443,http://a:80,http://b:443,App://X:80",
         lambda s: s.cors.origins == ("https://ui.test", "http://a", "http://b:443",
                                      "App://X:80")),
        ("GATEWAY_NAMESPACE", "other", lambda s: s.spaces == Spaces("other")),
        ("GATEWAY_NAMESPACES", "per-owner", lambda s: s.spaces == Spaces(per_owner=True)),
    ],
)  # fmt: skip
def test_values(variable: str, text: str, read_out: Any) -> None:
    assert read_out(read({variable: text}))


def test_tls_takes_two_files() -> None:
    settings: Settings = read({"GATEWAY_TLS_CERTIFICATE": "/c", "GATEWAY_TLS_KEY": "/k"})
    assert settings.tls is not None
    assert settings.tls.key == Path("/k")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("AB" * 32 + "\n", b"\xab" * 32), ("ab" * 32 + "  -\n", b"\xab" * 32), (None, b"")],
)
def test_the_administrators_digest(tmp_path: Path, text: str | None, expected: bytes) -> None:
    """As `sha256sum` prints it; a Secret that has none leaves the file out."""
    path = tmp_path / "digest"
    if text is not None:
        path.write_text(text)
    settings = read({"GATEWAY_ADMINISTRATOR_DIGEST_FILE": str(path)})
    assert settings.identity.administrator == expected


@pytest.mark.parametrize("text", ["", "oscar:password", "ab" * 31])
def test_what_is_no_digest_is_named_and_not_shown(tmp_path: Path, text: str) -> None:
    (tmp_path / "digest").write_text(text)
    with pytest.raises(SettingsError, match="GATEWAY_ADMINISTRATOR_DIGEST_FILE") as failure:
        read({"GATEWAY_ADMINISTRATOR_DIGEST_FILE": str(tmp_path / "digest")})
    assert not text or text not in str(failure.value)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("GATEWAY_PORT", "70000"),
        ("GATEWAY_WORKERS", "0"),
        ("GATEWAY_MANAGEMENT", "localhost"),
        ("GATEWAY_MANAGEMENT", "m:0"),
        ("GATEWAY_MANAGEMENT", "m:٣"),
        ("GATEWAY_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("GATEWAY_ACCESS_LOG", "some"),
        ("GATEWAY_CORS_ORIGINS", "localhost"),
        ("GATEWAY_CORS_ORIGINS", "*"),
        ("GATEWAY_CORS_METHODS", "GET\r\nX: y"),
        ("GATEWAY_CORS_HEADERS", "A B"),
        ("GATEWAY_VIA", "a b"),
        ("GATEWAY_DRAIN_HTTP", "inf"),
        ("GATEWAY_TLS_CERTIFICATE", "/only"),
        ("GATEWAY_ADMINISTRATOR_DIGEST_FILE", "/"),
    ],
)
def test_what_is_wrong_is_named(variable: str, text: str) -> None:
    named = "GATEWAY_TLS_KEY" if variable == "GATEWAY_TLS_CERTIFICATE" else variable
    with pytest.raises(SettingsError, match=named):
        read({variable: text})


def test_all_errors_come_at_once() -> None:
    with pytest.raises(SettingsError) as failure:
        read({"GATEWAY_PORT": "x", "GATEWAY_QUEUE": "-1", "LOG_LEVEL": "LOUD"})
    assert len(failure.value.problems) == 3
