"""What happens seldom, brought about: a roll-out, and the death of a worker of the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.conftest import Run


def roll_out(run: Run, service: str) -> None:
    """Start the pods of a service anew, one after the other."""
    run.exposed("restart", service)


def kill_a_worker(run: Run) -> None:
    """End a worker of the gateway as the kernel does when memory is short."""
    gateway = run.child("gateway")
    assert gateway is not None
    gateway.children()[-1].kill()
