"""Reading /proc: whose CPU time is whose."""

from __future__ import annotations

import os

import pytest

from shared.embedded.node.procfs import PAGE, TICK, Stat, machine, parse_stat, read_all, usage


def test_a_name_may_hold_anything() -> None:
    rest = " ".join(["S", "7", *["0"] * 9, "10", "20", "3", "4", *["0"] * 6, "99", "0"])
    assert parse_stat(f"42 (a) b ( c) {rest}".encode()) == Stat(42, 7, 30, 7, 99)


def test_everything_below_a_shim_counts_but_not_the_shim() -> None:
    stats = {
        1: Stat(1, 0, 999, 999, 999),
        10: Stat(10, 1, 500, 5, 300),  # the shim: `waited` is what ended below it
        11: Stat(11, 10, 100, 7, 2),
        12: Stat(12, 11, 40, 0, 3),
        20: Stat(20, 1, 1, 0, 1),
    }
    found = usage(stats, [10, 20, 30])
    assert found[10].cpu == pytest.approx((5 + 107 + 40) * TICK)
    assert found[10].memory == 5 * PAGE
    assert found[20].cpu == 0
    assert 30 not in found, "it has ended"


def test_this_process_is_found() -> None:
    stats = read_all()
    assert stats[os.getpid()].parent == os.getppid()
    assert stats[os.getpid()].pages > 0


def test_the_machine() -> None:
    assert machine().cpu > 0
    assert machine().memory > 0
