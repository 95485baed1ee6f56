"""What waits for a slow reader of a watch is bounded."""

from __future__ import annotations

import pytest

from shared.embedded.api import watching
from shared.embedded.api.listing import Query
from shared.embedded.api.watching import EndedError, Watch
from shared.embedded.kinds import CONFIG_MAP
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store


async def test_bytes_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "BACKLOG_BYTES", 5_000)
    store, cut = Store(Journal()), []
    with Watch(store, CONFIG_MAP, Query(), on_overrun=lambda: cut.append(1)) as watch:
        for size in (9_000, 0):  # one event may be larger; what was read does not count
            obj = {"metadata": {"name": "a", "namespace": "x"}, "data": {"k": "v" * size}}
            store.put("configmaps", obj)
            assert len(await watch.next_events(1)) == 1
        for _ in range(10):
            store.put("configmaps", {**obj, "data": {"k": "v" * 1_000}})
        assert cut == [1]
        with pytest.raises(EndedError):
            await watch.next_events(1)
