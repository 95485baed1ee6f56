"""What lies in the file of the last table, and what is not believed."""

from __future__ import annotations

import dataclasses
import hashlib

import orjson
import pytest

from gateway.cluster import saved_table
from gateway.cluster.saved_table import Entry, SavedError
from gateway.services.spec import Endpoint, ServiceSpec
from shared.service.model import RateLimit, Timeouts
from shared.service.scaling.waking import WakeExcept

ENTRIES: list[Entry] = [
    (ServiceSpec("a"), ()),
    (
        ServiceSpec(
            "b-2",
            rewrite_target=True,
            set_auth=True,
            auth_type="forward",
            digest=hashlib.sha256(b"secret").digest(),
            timeouts=Timeouts(connect=1, idle=2.5),
            protocol="h2c",
            concurrency=3,
            affinity=True,
            rate_limit=(RateLimit(10.0, 60, burst=5), RateLimit(in_flight=2, per="token")),
            wake_except=WakeExcept(("/health",), ("bot",)),
            probe_path="/ready",
            stopped=True,
            api_port=80,
        ),
        (Endpoint("10.0.0.1", 80, "p"), Endpoint("fd00::1", 81, ready=False, terminating=True)),
    ),
]


def saved(entries: list[Entry] = ENTRIES, namespace: str = "n") -> bytes:
    return saved_table.joined(namespace, list(saved_table.lines(entries)))


def test_what_is_written_is_read_back() -> None:
    assert saved_table.read(saved(), "n") == ENTRIES
    assert saved_table.read(saved([]), "n") == []
    assert b"secret" not in saved()


def test_every_field_is_there() -> None:
    """A field of the definition that was forgotten would be reset, and might open a service."""
    line = orjson.loads(saved().splitlines()[1])
    assert line["spec"].keys() == {field.name for field in dataclasses.fields(ServiceSpec)}


def edited(old: bytes, new: bytes) -> bytes:
    """A file that somebody changed, with the digest that it then has."""
    body = saved().partition(b"\n")[2]
    assert old in body
    body = body.replace(old, new)
    head = orjson.loads(saved().partition(b"\n")[0])
    return orjson.dumps(head | {"sha256": hashlib.sha256(body).hexdigest()}) + b"\n" + body


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not readable"),
        (b"{}\n", "not readable"),
        (b"[]\n", "not readable"),
        (b"\xff\x00" * 100, "not readable"),
        (saved()[:-1], "not whole"),
        (saved() + b"{}\n", "not whole"),
        (saved(namespace="other"), "of namespace 'other'"),
        (saved().replace(b"table 1", b"table 2"), "it is no 'gateway table 1'"),
        (edited(b'"set_auth":true,', b""), "other fields: set_auth"),
        (edited(b'"set_auth":true,', b'"set_auth":true,"new":1,'), "other fields: new"),
        (edited(b'"set_auth":true,', b'"set_auth":1,'), "1 is no bool"),
        (edited(b'"10.0.0.1"', b'"localhost"'), "localhost"),
        (edited(b'"port":81', b'"port":0'), "0 is no port"),
        (edited(b'"b-2"', b'"b/2\\r\\n"'), "no name"),
        (edited(b'"timeouts":{', b'"timeouts":[{'), "not readable"),
    ],
)
def test_what_is_not_ours_whole_and_of_this_version_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(SavedError, match=why):
        saved_table.read(data, "n")
