"""Access tokens as JSON Web Tokens: what one claims, and whether a key proves it. Pure.

Called by `oidc`, which has the keys. Signatures are the JOSE library's matter; what is accepted is
stated here: algorithms of public keys alone (never `none`, never a shared secret), tokens that are
no other kind of JWT, and the claims of RFC 7519 and RFC 9068 (see also RFC 8725).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from shared.service import bounds

Key = RSAKey | ECKey | OKPKey

ALGORITHMS: Final[Mapping[str, type[Key]]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), RSAKey),
    **dict.fromkeys(("ES256", "ES384", "ES512"), ECKey),
    "Ed25519": OKPKey,
}
"""Algorithm → the kind of key it needs."""
LEEWAY: Final = 60
"""Seconds by which the clocks of issuer and API may differ."""

_LONGEST: Final = 16 * 1024
"""Characters of a token."""
_MODULUS: Final = range(342, 1367)
"""Characters of an RSA key's modulus in base64: 2048 bits (RFC 7518, section 3.3) to 8192."""
_LONGEST_NAME: Final = 255
"""Characters of a subject (OpenID Connect Core, section 2)."""
_TYPES: Final = frozenset({"", "jwt", "at+jwt"})
_OTHER_TOKENS: Final = frozenset({"ID", "Refresh", "Offline", "Logout"})
"""Keycloak's word, in the claim `typ`, for what is no access token."""


class MalformedTokenError(ValueError):
    """It is no JSON Web Token at all."""


class InvalidTokenError(ValueError):
    """It proves nothing; the message is for the caller, and quotes nothing of the token."""


@dataclass(frozen=True, slots=True)
class Unproved:
    """What a token says of itself, which may be a lie."""

    text: str
    algorithm: str
    kid: str
    """The name of the key that signed it; empty if it names none."""
    issuer: str


def read(text: str) -> Unproved:
    """What the token says of itself; raises MalformedTokenError."""
    parts = text.split(".")
    if len(parts) != 3 or len(text) > _LONGEST:
        raise MalformedTokenError("token is malformed: it is not header.claims.signature")
    header, claims = (_object(part) for part in parts[:2])
    kid, issuer = header.get("kid", ""), claims.get("iss", "")
    if not isinstance(kid, str) or not isinstance(issuer, str):
        raise MalformedTokenError("token is malformed: kid and iss must be text")
    kind = str(header.get("typ", "")).lower().removeprefix("application/")
    if kind not in _TYPES:
        raise MalformedTokenError("token is malformed: it is not an access token")
    return Unproved(text, str(header.get("alg", "")), kid, issuer)


def claims_of(
    token: Unproved, keys: Sequence[Key], audiences: Sequence[str], now: float
) -> dict[str, Any]:
    """What the token claims, proved by one of `keys`, at `now` (seconds since the epoch).

    The token must be made for one of `audiences`, if there are any. Raises InvalidTokenError.
    """
    claims = _signed(token, keys)
    demanded: dict[str, jwt.ClaimsOption] = {
        "iss": {"essential": True, "value": token.issuer},
        "sub": {"essential": True},
        "exp": {"essential": True},
    }
    if audiences:
        demanded["aud"] = {"essential": True, "values": list(audiences)}
    try:
        jwt.JWTClaimsRegistry(int(now), LEEWAY, **demanded).validate(claims)
    except JoseError as error:
        raise InvalidTokenError(_told(error)) from error
    if claims.get("typ") in _OTHER_TOKENS:
        raise InvalidTokenError("the token is not an access token")
    subject = claims["sub"]
    if not subject.strip() or len(subject) > _LONGEST_NAME or not subject.isprintable():
        raise InvalidTokenError("the token's subject can name nobody")
    return claims


def import_key(stated: Mapping[str, Any]) -> Key | None:
    """The public key that an issuer states (RFC 7517), None if it is of no use for signatures."""
    kinds: dict[str, type[Key]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
    kind = kinds.get(str(stated.get("kty")))
    if kind is None or stated.get("use", "sig") != "sig":
        return None
    if kind is RSAKey and len(str(stated.get("n", ""))) not in _MODULUS:
        return None
    public: dict[str, str | list[str]] = {
        name: text for name, text in stated.items() if isinstance(text, str) and name != "d"
    }
    try:
        return kind.import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def fitting(token: Unproved, keys: Sequence[tuple[str, Key]]) -> list[Key]:
    """Which of `keys`, each with its name ("" if it has none), may have signed the token."""
    kind = ALGORITHMS.get(token.algorithm)
    if kind is None:
        return []
    return [key for name, key in keys if isinstance(key, kind) and _may_be(token.kid, name)]


def names(token: Unproved, keys: Sequence[tuple[str, Key]]) -> bool:
    """Whether the key that the token names is among `keys`, as far as names can tell."""
    return any(_may_be(token.kid, name) for name, _ in keys)


def _may_be(asked: str, name: str) -> bool:
    return not asked or not name or asked == name


def _signed(token: Unproved, keys: Sequence[Key]) -> dict[str, Any]:
    if token.algorithm not in ALGORITHMS:
        raise InvalidTokenError(f"the token's algorithm is not one of {', '.join(ALGORITHMS)}")
    registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
    registry.max_header_length = _LONGEST
    for key in keys:
        try:
            return jwt.decode(token.text, key, list(ALGORITHMS), registry).claims
        except (JoseError, ValueError, TypeError):
            continue
    raise InvalidTokenError("the token's signature is not one of its issuer")


def _object(part: str) -> dict[str, Any]:
    """The JSON object that is one part of a token; raises MalformedTokenError."""
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        value = orjson.loads(raw)
        bounds.check_value(value)
    except (binascii.Error, ValueError) as error:
        raise MalformedTokenError("token is malformed: a part of it is not JSON") from error
    if not isinstance(value, dict):
        raise MalformedTokenError("token is malformed: a part of it is not a JSON object")
    return value


def _told(error: JoseError) -> str:
    words = {"expired_token": "the token has expired"}
    claim = getattr(error, "claim", "")
    return words.get(error.error, f"the token's claim {claim} is missing or wrong")
