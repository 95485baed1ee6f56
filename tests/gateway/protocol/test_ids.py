"""Identities of requests."""

from __future__ import annotations

import os
import re

from gateway.protocol.ids import BATCH, LINE, Ids, request_id


def test_identities_are_fresh_and_well_formed() -> None:
    ids = Ids(os.urandom)
    seen = [ids.fresh() for _ in range(2 * BATCH + 1)]
    assert len(set(seen)) == len(seen)
    pattern = rb"X-Request-Id: ([0-9a-f]{32})\r\ntraceparent: 00-\1-[0-9a-f]{16}-00\r\n"
    assert all(re.fullmatch(pattern, one) for one in seen)
    assert seen[0][:LINE] == b"X-Request-Id: " + request_id(seen[0]) + b"\r\n"
