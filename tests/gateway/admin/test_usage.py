"""What a process takes, against what psutil says of it."""

from __future__ import annotations

import gc

import psutil

from gateway.admin.usage import usage


def test_it_is_what_the_kernel_says_of_this_process() -> None:
    before = usage()
    gc.collect()
    after = usage()
    spent = psutil.Process().cpu_times()
    assert before["cpu_seconds"] <= after["cpu_seconds"] <= spent.user + spent.system + 0.02
    assert 0.5 < after["resident_bytes"] / psutil.Process().memory_info().rss < 2
    assert after["collections"]["2"] == before["collections"]["2"] + 1
