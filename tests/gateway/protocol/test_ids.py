"""Identities of requests."""

from __future__ import annotations

import os
import re

from gateway.protocol.ids import BATCH, Ids, id_line, request_id


def test_identities_are_fresh_and_well_formed() -> None:
    ids = Ids(os.urandom)
    seen = [ids.fresh() for _ in range(2 * BATCH + 1)]
    assert len(set(seen)) == len(seen)
    assert all(re.fullmatch(rb"X-Request-Id: [0-9a-f]{32}\r\n", one) for one in seen)
    assert id_line(request_id(seen[0])) == seen[0]
