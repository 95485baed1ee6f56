"""docs/contribute/embedded.md names the kinds that there are, and the bounds as they are."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from shared.embedded.api import watching
from shared.embedded.declarations import KINDS
from shared.embedded.http import streams
from shared.embedded.storage import store

TEXT = (Path(__file__).parents[3] / "docs/contribute/embedded.md").read_text()
WORDS = " ".join(TEXT.split())


def test_every_kind_stands_there_and_no_other() -> None:
    served = defaultdict(set)
    for kind in KINDS:
        served[kind.api_version].add(kind.plural)
    told = {
        version: set(kinds.split(", "))
        for versions, kinds in re.findall(r"^\| ([^|]*v\d\w*) \| ([^|]+) \|$", TEXT, re.M)
        for version in versions.split(", ")
    }
    assert told == served


def test_the_bounds_are_as_they_are_told() -> None:
    history = f"{store.HISTORY:_} changes and {store.HISTORY_BYTES >> 20} MiB".replace("_", " ")
    backlog = f"{watching.BACKLOG:_} events or {watching.BACKLOG_BYTES >> 20} MiB".replace("_", " ")
    assert history in WORDS
    assert backlog in WORDS
    assert f"{streams.MOST} streams at a time" in WORDS
