"""A gateway's two ways from a head to a request, side by side: the planner's, and by shape."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from gateway.limits import Identity, Limits
from gateway.memory import Budget
from gateway.protocol.http1 import END
from gateway.routing.compose import Profile
from gateway.routing.cors import Cors
from gateway.routing.heads import Heads
from gateway.routing.planner import Planner
from gateway.services.registry import Services
from gateway.services.route import Plan
from gateway.services.spec import ServiceSpec
from gateway.stats import Stats

if TYPE_CHECKING:
    from gateway.services.route import Request

TOKEN = b"0123456789abcdef" * 4
OTHERS = b"fedcba9876543210" * 4
"""The token of another service."""
SAID = ("raw", "version", "answer", "length", "id_line", "spared", "head", "parent", "target")


class Both:
    """Makes each request in both ways, and sees that they are the same. `filled` counts those that
    were made by shape."""

    def __init__(
        self, limits: Limits | None = None, profile: Profile | None = None, **spec: Any
    ) -> None:
        self.limits = limits or Limits()
        self.profile = profile or Profile()
        self.services = Services(self.limits, Stats())
        self.spec = {"digest": hashlib.sha256(TOKEN).digest(), **spec}
        self.define()
        self.planner = Planner(self.limits, Identity(), Cors())
        self.heads = Heads(64, Budget(1024 * 1024), self.limits)
        self.filled = 0

    def define(self, **spec: Any) -> None:
        """Make a new table, of a definition that was changed."""
        self.spec |= spec
        others = ServiceSpec("other", set_auth=True, digest=hashlib.sha256(OTHERS).digest())
        self.services.define([ServiceSpec("echo", **self.spec), others])

    def request(self, data: bytes) -> Request:
        """The request whose head `data` begins with."""
        raw = data[: data.find(END) + len(END)]
        table = self.services.table
        full = self.planner.request(raw, self.profile, table)
        shaped = self.heads.shaped(raw, table)
        if shaped is None:
            self.heads.learn(raw, full, table)
        else:
            self.filled += 1
            assert full.answer is None, (raw, full.answer)
            for name in SAID:
                assert getattr(shaped, name) == getattr(full, name), (name, raw)
            assert said(shaped.plan) == said(full.plan), raw
        return full if shaped is None else shaped


def said(plan: Plan) -> list[object]:
    """What a plan says; one that was forgotten was made anew."""
    found = [getattr(plan, each.name) for each in fields(plan) if each.name != "public"]
    public = plan.public
    return [*found, public.scheme, public.authority, public.host, public.outer, public.places]
