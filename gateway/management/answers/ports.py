"""Ports as numbers for clients that cannot read lists: those made for OSCAR before v4.1.0. Pure.

OSCAR's command line (1.9.0, the newest when this was written) is one: a list makes its decoder give
up the whole answer, and one service its whole list. It says no more of itself than Go's library
does in User-Agent; whoever has a client in Go that wants lists says otherwise by the setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class IntegerPorts:
    """The clients that want numbers."""

    agent: str
    """How their User-Agent begins; empty for none."""

    def read_by(self, agent: str) -> bool:
        """Whether the client with this User-Agent is one of them."""
        return bool(self.agent) and agent.startswith(self.agent)


GO: Final = IntegerPorts("Go-http-client/")


def with_integer_ports(service: dict[str, Any]) -> dict[str, Any]:
    """The service as it is answered, with the first of its ports: the one that is exposed."""
    expose = service.get("expose") or {}
    firsts = {
        name: next(iter(expose[name]), 0) for name in ("api_port", "nodePort") if name in expose
    }
    return service | {"expose": expose | firsts}
