"""What an OSCAR manager wrote is read as if we had written it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from shared.service import oscar
from shared.service.stored import StoredError, digest, read
from tests.shared.service.configmaps import configmap
from tests.shared.service.manager import SCRIPT, SERVICES, TOKEN, Made

DIGEST = hashlib.sha256(TOKEN.encode()).digest()


@pytest.mark.parametrize("made", SERVICES.values(), ids=SERVICES.keys())
def test_its_definition_is_read_whole(made: Made) -> None:
    found = read(made.configmap())
    expose = found.definition.expose
    assert expose is not None
    assert (found.script, found.digest) == (SCRIPT, DIGEST)
    assert (expose.api_port, expose.min_scale, expose.max_scale) == ((5000,), 1, 4)
    assert (expose.cpu_threshold, expose.set_auth) == (60, made.set_auth)
    assert expose.node_port == ((made.node_port,) if made.node_port else ())


@pytest.mark.parametrize("version", ["4.0", "4.1"])
def test_a_section_without_a_port_exposes_nothing(version: str) -> None:
    assert read(Made(version=version, exposed=False).configmap()).definition.expose is None


@pytest.mark.parametrize("ports", ["0", "[]", "[0]", "null"])
def test_zeros_for_a_port_expose_nothing(ports: str) -> None:
    text = f"name: a\nimage: i\ntoken: ''\nexpose: {{api_port: {ports}}}\n"
    assert read(configmap(text)).definition.expose is None


def test_the_token_goes_and_its_digest_stands_in_its_place() -> None:
    before = Made(set_auth=True).configmap()
    after = oscar.as_ours(before)
    assert TOKEN in str(before)
    assert TOKEN not in str(after)
    assert after["data"]["token_sha256"] == DIGEST.hex()
    assert oscar.as_ours(after) is after
    assert oscar.token(before) == TOKEN
    assert not oscar.token(after)
    assert oscar.wrote(before)
    assert not oscar.wrote(after)


def test_what_we_wrote_is_taken_as_it_is() -> None:
    ours = configmap(f"name: a\nimage: i\ntoken: {TOKEN}\n", digest="0" * 64)
    assert oscar.as_ours(ours) is ours
    assert not oscar.wrote(ours)
    assert digest(ours) == bytes(32), "a digest counts before a token"
    plain = configmap()
    assert oscar.as_ours(plain) is plain
    assert not oscar.wrote(plain)


@pytest.mark.parametrize("token", ["", "short", "0" * 63, "A" * 64, "0" * 63 + "é", "0" * 128])
def test_what_is_no_token_lets_nobody_in(token: str) -> None:
    made = Made(set_auth=True, token=token)
    with pytest.raises(StoredError, match="token_sha256: is not 64 lower-case hex digits") as told:
        read(made.configmap())
    assert not token or token not in str(told.value)
    assert not read(replace(made, set_auth=False).configmap()).digest


@pytest.mark.parametrize("text", ["{", "- token", "token", "", "a: {token: x}"])
def test_what_cannot_be_read_is_nobodys(text: str) -> None:
    obj = configmap(text)
    assert oscar.as_ours(obj) is obj
    assert not oscar.wrote(obj)
    assert not oscar.token(obj)


def test_one_that_only_looks_like_a_service_stays_refused() -> None:
    obj = Made().configmap()
    obj["metadata"]["name"] = "other"
    with pytest.raises(StoredError, match="label oscar_service"):
        read(obj)
    obj["metadata"]["labels"]["oscar_service"] = "other"
    with pytest.raises(StoredError, match="'ocr' is not the ConfigMap's name 'other'"):
        read(obj)
