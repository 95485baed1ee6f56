"""CPU by the kernel's books, against what processes say of themselves when they end."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from benchmarks.load.accounting import cpu, family, memory

_BURNS = """
import os, sys, threading, time
def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end: pass
child = os.fork()
if child == 0:
    burn(0.2)
    os.read(0, 1)
    os._exit(0)
other = threading.Thread(target=burn, args=(0.1,))
other.start(); other.join()
burn(0.1)
time.sleep(0.2)
print("done", flush=True)
os.read(0, 1)
os.waitpid(child, 0)
used, waited = os.times(), os.times()
print(used.user + used.system + used.children_user + used.children_system, flush=True)
"""


def test_threads_that_ended_and_children_count() -> None:
    """0.4 s in all, by a thread that has ended, the main one, and a child: exact to the time that
    starting and ending take, while the clock on the wall says more."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-c", _BURNS], stdin=pipe, stdout=pipe, text=True, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "done\n"
        child = family(process.pid)[1]
        while cpu(child) < 0.2e9:
            time.sleep(0.01)
        found = cpu(process.pid) / 1e9
        assert found >= 0.4
        process.stdin.write("ab")
        process.stdin.flush()
        assert found == pytest.approx(float(process.stdout.readline()), abs=0.1)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_it_is_what_getrusage_says_to_the_tick() -> None:
    before, at = cpu(os.getpid()), time.process_time_ns()
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    used, meant = cpu(os.getpid()) - before, time.process_time_ns() - at
    assert used == pytest.approx(meant, abs=5e6)


def test_a_process_that_is_gone_used_nothing() -> None:
    assert memory(os.getpid()) > 2**20
    assert family(os.getpid())[0] == os.getpid()
    assert family(2**22 + 1) == []
    assert cpu(2**22 + 1) == memory(2**22 + 1) == 0
