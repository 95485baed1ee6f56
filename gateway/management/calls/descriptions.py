"""The calls that let people see into a service: all that is known of it, or its Events alone.

Extensions of OSCAR's API; `answers.description` says what is in them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web

from gateway.management.answers.description import about, description
from gateway.management.answers.events import events_json
from gateway.management.answers.rollout import Rollouts
from gateway.management.calls.requests import find, json_answer
from gateway.management.store.surroundings import Surveyor

if TYPE_CHECKING:
    from gateway.management.store.spaces import Spaces
    from shared.kube.client import KubeClient
    from shared.runtime.clock import Clock


class Descriptions:
    """One method a route."""

    def __init__(self, kube: KubeClient, spaces: Spaces, clock: Clock) -> None:
        self._kube = kube
        self._spaces = spaces
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an application."""
        one = "/system/services/{name}"
        return [
            web.get(one + "/description", self.describe, allow_head=False),
            web.get(one + "/deployment/events", self.events, allow_head=False),
        ]

    async def describe(self, request: web.Request) -> web.Response:
        """All that is known of the service, without any secret."""
        catalog, stored = await find(self._spaces, request)
        service = stored.service
        deployment = await catalog.deployment(service.name)
        surveyor = Surveyor(self._kube, catalog.namespace)
        around = await surveyor.survey(service.name, about(service, deployment))
        rollouts = Rollouts(self._kube, catalog)
        state = await rollouts.told(service.name, deployment, around.pods)
        claims = await catalog.claims([service])
        told = description(
            service, deployment, state, around, self._now(), claims, catalog.namespace
        )
        return json_answer(told)

    async def events(self, request: web.Request) -> web.Response:
        """The newest Events about the service and its pods, the oldest of them first."""
        catalog, stored = await find(self._spaces, request)
        service = stored.service
        deployment = await catalog.deployment(service.name)
        surveyor = Surveyor(self._kube, catalog.namespace)
        found, missing = await surveyor.events(about(service, deployment))
        notes = [missing] if missing else []
        return json_answer(
            {
                "service_name": service.name,
                "time": self._now(),
                "events": events_json(found),
                "notes": notes,
            }
        )

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock.now(), UTC).isoformat(timespec="milliseconds")
