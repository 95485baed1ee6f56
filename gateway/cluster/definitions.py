"""What the gateway takes of a service's ConfigMap: called by the feed for each that changed.

Which ConfigMap is a service, `shared.service.stored` decides.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gateway.services.spec import ServiceSpec
from shared.service import fdl, names, stored
from shared.service.probing import probe_path
from shared.service.scaling.waking import wake_except_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.service.model import Service
    from shared.service.objects import Obj


class Definitions:
    """Reads ConfigMaps, and a definition's text, by `load`, only when it changed."""

    def __init__(self, load: Callable[[str], Service] = fdl.load_definition) -> None:
        self._load = load
        self._loaded: dict[str, tuple[str, Service]] = {}

    def read(self, configmap: Obj) -> ServiceSpec | None:
        """What `configmap` asks of the gateway; None for a service that is not exposed.

        Raises StoredError.
        """
        name: str = configmap["metadata"]["name"]
        found = stored.read(configmap, partial(self._remembered, name))
        expose = found.definition.expose
        if expose is None:
            return None
        return ServiceSpec(
            name=name,
            namespace=configmap["metadata"].get("namespace", names.NAMESPACE),
            rewrite_target=expose.rewrite_target,
            set_auth=expose.set_auth,
            auth_type=expose.auth_type,
            digest=found.digest,
            timeouts=expose.timeouts,
            protocol=expose.protocol,
            concurrency=expose.concurrency,
            affinity=expose.affinity,
            rate_limit=expose.rate_limit,
            stopped=found.stopped,
            api_port=expose.api_port[0],
            wake_except=wake_except_of(expose.scaling),
            probe_path=probe_path(name, expose),
        )

    def forget(self, name: str) -> None:
        """The ConfigMap was deleted."""
        self._loaded.pop(name, None)

    def _remembered(self, name: str, text: str) -> Service:
        known = self._loaded.get(name)
        if known is None or known[0] != text:
            known = self._loaded[name] = text, self._load(text)
        return known[1]
