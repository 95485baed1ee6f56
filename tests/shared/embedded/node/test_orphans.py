"""Processes are found by their mark, and nothing else is hit."""

from __future__ import annotations

import subprocess
import uuid

from shared.embedded.node import orphans


def sleeper(mark: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], env={orphans.MARKER: mark, "PATH": "/usr/bin:/bin"})


def test_only_those_with_the_mark_are_killed() -> None:
    mark = uuid.uuid4().hex
    mine, pod, other = sleeper(mark), sleeper(f"{mark}/uid/c"), sleeper(f"{mark}x")
    try:
        assert sorted(orphans.marked(mark)) == sorted([mine.pid, pod.pid])
        assert orphans.marked(f"{mark}/uid") == [pod.pid]
        assert orphans.kill_marked(mark) == 2
        assert (mine.wait(), pod.wait(), other.poll()) == (-9, -9, None)
        assert orphans.kill_marked(mark) == 0
    finally:
        other.kill()
        other.wait()
