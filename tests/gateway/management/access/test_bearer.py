"""What is a token, and what proves it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from gateway.management.access import bearer
from tests.gateway.management.issuer import NOW, edwards, elliptic, rsa, signed

GOOD: dict[str, Any] = {"iss": "https://i", "sub": "a", "exp": NOW + 600, "aud": "exposed"}
KEY = elliptic("k")
DEEP = b'{"a":' * 900 + b"1" + b"}" * 900


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(text: str, *keys: bearer.Key, audiences: tuple[str, ...] = ("exposed",)) -> Any:
    return bearer.claims_of(bearer.read(text), keys or (KEY,), audiences, NOW)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(KEY, "ES256"), (rsa("r"), "RS256"), (edwards("e"), "Ed25519")],
)
def test_a_signature_of_the_issuers_key_proves_the_claims(key: bearer.Key, algorithm: str) -> None:
    text = signed(key, algorithm, GOOD, typ="at+JWT", unknown="is ignored")
    assert claims(text, elliptic("other"), key)["sub"] == "a"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"exp": NOW - 61}, "the token has expired"),
        ({"exp": None}, "the token's claim exp is missing or wrong"),
        ({"exp": "soon"}, "the token's claim exp is missing or wrong"),
        ({"nbf": NOW + 61}, "the token's claim nbf is missing or wrong"),
        ({"iat": NOW + 61}, "the token's claim iat is missing or wrong"),
        ({"aud": None}, "the token's claim aud is missing or wrong"),
        ({"aud": "other"}, "the token's claim aud is missing or wrong"),
        ({"aud": ["other", "expose"]}, "the token's claim aud is missing or wrong"),
        ({"aud": {"exposed": 1}}, "the token's claim aud is missing or wrong"),
        ({"sub": None}, "the token's claim sub is missing or wrong"),
        ({"sub": " "}, "the token's subject can name nobody"),
        ({"sub": 7}, "the token's claim sub is missing or wrong"),
        ({"sub": "a\nb"}, "the token's subject can name nobody"),
        ({"sub": "a" * 256}, "the token's subject can name nobody"),
        ({"typ": "ID"}, "the token is not an access token"),
        ({"typ": "Refresh"}, "the token is not an access token"),
    ],
)
def test_claims_that_are_refused(changed: dict[str, Any], sentence: str) -> None:
    stated = {name: value for name, value in (GOOD | changed).items() if value is not None}
    with pytest.raises(bearer.InvalidTokenError, match=sentence):
        claims(signed(KEY, "ES256", stated))


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": NOW - 59},  # clocks differ
        {"nbf": NOW + 59},
        {"iat": NOW + 59},
        {"aud": ["other", "exposed"]},
        {"typ": "Bearer"},
    ],
)
def test_claims_that_are_accepted(changed: dict[str, Any]) -> None:
    assert claims(signed(KEY, "ES256", GOOD | changed))["sub"] == "a"


def test_without_audiences_a_token_may_be_for_anybody() -> None:
    for changed in ({"aud": "other"}, {}):
        stated = {name: value for name, value in GOOD.items() if name != "aud"} | changed
        assert claims(signed(KEY, "ES256", stated), audiences=())["sub"] == "a"


def test_who_signs_with_another_key_or_by_another_algorithm_proves_nothing() -> None:
    header, body, _ = signed(KEY, "ES256", GOOD).split(".")
    public = json.dumps(rsa("r").as_dict(private=False)).encode()
    shared = OctKey.import_key(public)
    forged = [
        signed(ECKey.generate_key("P-256", {"kid": "k"}), "ES256", GOOD),
        jwt.encode({"alg": "HS256", "kid": "r"}, GOOD, shared, ["HS256"]),
        f"{part({'alg': 'none'})}.{body}.",
        f"{part({'alg': 'None', 'kid': 'k'})}.{body}.",
        f"{part({'alg': 'RS256', 'kid': 'k'})}.{body}.{part(b'x')}",
        f"{part({'alg': 'ES256', 'kid': 'k', 'crit': ['exp']})}.{body}.{part(b'x' * 64)}",
        f"{part({'alg': 'ES256', 'jwk': KEY.as_dict(private=False)})}.{body}.{part(b'x' * 64)}",
        f"{header}.{body}.",
        f"{header}.{body}.%%",
        f"{header}.{part(GOOD | {'sub': 'root'})}.{part(b'x' * 64)}",
    ]
    for text in forged:
        with pytest.raises(bearer.InvalidTokenError):
            claims(text, KEY, rsa("r"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a.b",
        "a.b.c.d",
        "..",
        "ab" * 32,
        f"{part([])}.{part({})}.x",
        f"{part({})}.{part('x')}.x",
        f"{part(b'{')}.{part({})}.x",
        f"{part({})}.{part(b'[' * 3000 + b']' * 3000)}.x",
        f"{part({})}.{part(DEEP)}.x",
        f"{part({'kid': 7})}.{part({})}.x",
        f"{part({'typ': 'logout+jwt'})}.{part({})}.x",
        f"{part({})}.{part({'iss': ['a']})}.x",
        f"{part({})}.{part({'a': 'x' * 17_000})}.x",
        "é.é.é",
        "\udcff.\udcff.x",
    ],
)
def test_what_is_no_token_is_malformed(text: str) -> None:
    with pytest.raises(bearer.MalformedTokenError, match="token is malformed"):
        bearer.read(text)


def test_keys_that_are_of_no_use_are_left_out() -> None:
    good = KEY.as_dict(private=False)
    assert bearer.import_key(good) is not None
    for changed in (
        {"use": "enc"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "ML-DSA"},
        {"crv": "P-999"},
        {"x": "!"},
        {"x": None},
        {"kty": ["EC"]},
    ):
        assert bearer.import_key(good | changed) is None
    strong = rsa("r").as_dict(private=False)
    assert bearer.import_key(strong) is not None
    for modulus in ("wA" * 80, "wA" * 1000, 7):  # broken by now, or slow on purpose
        assert bearer.import_key(strong | {"n": modulus}) is None


def test_the_key_is_found_by_its_name_and_kind() -> None:
    keys: list[tuple[str, bearer.Key]] = [("a", KEY), ("b", rsa("r")), ("", elliptic("nameless"))]

    def found(algorithm: str, kid: str) -> list[bearer.Key]:
        return bearer.fitting(bearer.Unproved("", algorithm, kid, ""), keys)

    assert found("ES256", "a") == [KEY, elliptic("nameless")]
    assert found("RS256", "b") == [rsa("r")]
    assert found("RS256", "a") == []
    assert found("ES256", "") == [KEY, elliptic("nameless")]
    assert found("HS256", "a") == []
