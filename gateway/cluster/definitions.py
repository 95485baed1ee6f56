"""What the gateway reads in a service's ConfigMap: its definition, token digest and state."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from gateway.services.spec import ServiceSpec
from shared.service import fdl, names

if TYPE_CHECKING:
    from shared.service.model import Service

_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class DefinitionError(ValueError):
    """The ConfigMap does not define a service; the message names the field and the remedy."""


class Definitions:
    """Reads ConfigMaps, and a definition's text only when it changed."""

    def __init__(self) -> None:
        self._parsed: dict[str, tuple[str, Service]] = {}

    def read(self, configmap: dict[str, Any]) -> ServiceSpec | None:
        """What `configmap` asks of the gateway; None for a service that is not exposed.

        Raises DefinitionError.
        """
        name: str = configmap["metadata"]["name"]
        data: dict[str, str] = configmap.get("data") or {}
        service = self._service(name, data.get(names.DEFINITION_KEY, ""))
        expose = service.expose
        if expose is None:
            return None
        annotations = configmap["metadata"].get("annotations") or {}
        return ServiceSpec(
            name=name,
            rewrite_target=expose.rewrite_target,
            set_auth=expose.set_auth,
            auth_type=expose.auth_type,
            digest=_digest(data.get(names.DIGEST_KEY, ""), needed=expose.set_auth),
            timeouts=expose.timeouts,
            concurrency=expose.concurrency,
            affinity=expose.affinity,
            stopped=annotations.get(names.STOPPED) == "true",
            api_port=expose.api_port[0],
        )

    def forget(self, name: str) -> None:
        """The ConfigMap was deleted."""
        self._parsed.pop(name, None)

    def _service(self, name: str, text: str) -> Service:
        known = self._parsed.get(name)
        if known is not None and known[0] == text:
            return known[1]
        if not text:
            raise DefinitionError(f"data has no {names.DEFINITION_KEY}; apply the service again")
        try:
            service = fdl.load_definition(text)
        except fdl.FdlError as error:
            raise DefinitionError("; ".join(error.problems)) from error
        if service.name != name:
            raise DefinitionError(
                f"name: {service.name!r} is not the ConfigMap's name {name!r}; make them equal"
            )
        self._parsed[name] = text, service
        return service


def _digest(text: str, *, needed: bool) -> bytes:
    if _DIGEST.fullmatch(text):
        return bytes.fromhex(text)
    if text or needed:
        raise DefinitionError(
            f"{names.DIGEST_KEY}: is not 64 lower-case hex digits (SHA-256 of the token); apply "
            "the service again"
        )
    return b""
