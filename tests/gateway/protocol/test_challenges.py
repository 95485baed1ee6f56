"""Who may challenge in whose name."""

from __future__ import annotations

import pytest

from gateway.protocol.challenges import challenge, renamed

LINE = b"WWW-Authenticate: "
OURS = b"exposed service a"
NEW = b'realm="application"'


def test_a_service_asks_with_its_name() -> None:
    line = 'WWW-Authenticate: Basic realm="exposed service my-app", charset="UTF-8"\r\n'
    assert challenge("my-app") == line


@pytest.mark.parametrize(
    ("value", "becomes"),
    [
        (b'Basic realm="exposed service a"', b"Basic " + NEW),
        (b'Basic charset="UTF-8",realm="exposed service a"', b'Basic charset="UTF-8",' + NEW),
        (b'Digest realm="x", Basic realm="exposed service a"', b'Digest realm="x", Basic ' + NEW),
        (b'Basic realm="x", Basic realm="exposed service a"', b'Basic realm="x", Basic ' + NEW),
        (b'Basic realm="exposed services"', b'Basic realm="application"'),
        # as browsers read what is not written so
        (b'bASIC   REALM = "exposed service a", c=x', b"bASIC   REALM = " + NEW[6:] + b", c=x"),
        (b"Basic realm=exposed service a", b"Basic " + NEW),
        (b"Basic realm='exposed service a'", b"Basic " + NEW),
        (b'Basic realm="exposed service a', b"Basic " + NEW),
        (b'Basic realm="exposed\\ service\\ \\a"', b"Basic " + NEW),
        (b'Basic realm="exposed\t service a"', b"Basic " + NEW),
        (b'Basic realm="Exposed Service A"', b'Basic realm="application"'),
        (
            b'Basic realm="authorization required"',
            b'Basic realm="application"',
        ),
    ],
)
def test_our_realms_are_renamed(value: bytes, becomes: bytes) -> None:
    assert renamed(LINE + value) == LINE + becomes
    assert renamed(b"www-authenticate:" + value) == b"www-authenticate:" + becomes


@pytest.mark.parametrize(
    "value",
    [
        b"Basic",
        b'Basic realm="my exposed service a"',
        b'Basic realm="Authorization Required by nginx"',
        b'Basic realm=""',
        b'Bearer realm="https://auth.example/token",service="registry"',
        b'Digest realm="exposed service a", nonce="x"',
        b"NTLM",
        b'Negotiate, Digest realm="Authorization Required", basic="no scheme"',
    ],
)
def test_others_stay_as_they_are(value: bytes) -> None:
    assert renamed(LINE + value) == LINE + value


@pytest.mark.parametrize("line", [b'X: Basic realm="exposed service a"', b"WWW-Authenticate:"])
def test_other_fields_stay_as_they_are(line: bytes) -> None:
    assert renamed(line) == line


def test_odd_values_take_no_time() -> None:
    """Of a pod, but still: no backtracking over a long head."""
    for value in (b'realm="' + b"\\x" * 15_000, b"realm=" * 5_000, b"basic," * 5_000):
        renamed(LINE + b"Basic " + value)
