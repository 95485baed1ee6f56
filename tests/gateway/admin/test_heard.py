"""What scalers told, bounded."""

from __future__ import annotations

import pytest

from gateway.admin import heard as module
from gateway.admin.heard import Heard
from shared.service.progress import Phase, Progress
from shared.service.sizing import Leader, Sizing


def test_the_last_word_counts_and_others_are_forgotten() -> None:
    heard = Heard()
    for current in (1, 2):
        heard.sized(Sizing("a", current=current))
    heard.sized(Sizing("b"))
    heard.progressed(Progress("b", Phase.ASLEEP))
    heard.led(Leader("one"))
    heard.retain({"a"})
    assert heard.sizes == {"a": Sizing("a", current=2)}
    assert heard.progress == {}
    assert heard.leader == Leader("one")


def test_no_more_services_are_kept_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KNOWN", 2)
    heard = Heard()
    for name in ("a", "b", "c"):
        heard.sized(Sizing(name))
    heard.sized(Sizing("a", current=3))
    assert heard.sizes == {"a": Sizing("a", current=3), "b": Sizing("b")}
