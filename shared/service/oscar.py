"""What OSCAR's own manager makes of an exposed service, where it is not what we make.

It calls some objects otherwise, keeps the token in clear in the definition, and writes `expose`
for every service: one without a port is not exposed. Source: grycap/oscar, `pkg/backends` and
`pkg/types/service.go`, versions 4.0 (a port is a number) and 4.1 (a list). Read by all three
programs, so that such a service is routed, scaled and shown as it stands. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from shared.service import names, tokens
from shared.service.documents import DocumentError, dump_yaml, load_yaml

if TYPE_CHECKING:
    from shared.service.objects import Obj

_TOKEN: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def deployment(name: str) -> str:
    """The Deployment of service `name`."""
    return f"{name}-dpl"


def autoscaler(name: str) -> str:
    """The HorizontalPodAutoscaler of service `name`."""
    return f"{name}-hpa"


def ingress(name: str) -> str:
    """The Ingress of service `name`, where the manager writes Ingresses."""
    return f"{name}-ing"


def route(name: str) -> str:
    """The HTTPRoute of service `name`, where the manager writes those."""
    return f"{name}-route"


def middlewares(name: str) -> tuple[str, ...]:
    """Traefik's Middlewares to which the HTTPRoute refers."""
    return f"{name}-cors-mdw", f"{name}-auth-mdw"


def route_secrets(name: str) -> tuple[str, ...]:
    """The Secrets with the hashed credentials for the Ingress and for the HTTPRoute."""
    return f"{name}-auth-expose", f"{name}-auth-traefik"


def environment_secret(name: str) -> str:
    """The Secret with the `environment.secrets` of service `name`."""
    return name


def wrote(configmap: Obj) -> bool:
    """Whether the manager wrote this ConfigMap last: it states no digest, and has a `token`."""
    return names.DIGEST_KEY not in _data(configmap) and "token" in _definition(configmap)


def token(configmap: Obj) -> str:
    """The token in a definition that the manager wrote; empty if there is none."""
    stated = _definition(configmap).get("token")
    return stated if isinstance(stated, str) and _TOKEN.fullmatch(stated) else ""


def as_ours(configmap: Obj) -> Obj:
    """A ConfigMap as we would have written it: the digest of its token instead of the token. Ours,
    and what cannot be read, are returned as they are."""
    data = _data(configmap)
    if names.DIGEST_KEY in data:
        return configmap
    definition = _definition(configmap)
    if "token" not in definition:
        return configmap
    stated = token(configmap)
    hashed = {names.DIGEST_KEY: tokens.digest(stated).hex()} if stated else {}
    text = dump_yaml({key: item for key, item in definition.items() if key != "token"})
    return {**configmap, "data": {**data, names.DEFINITION_KEY: text, **hashed}}


def _data(configmap: Obj) -> Mapping[str, str]:
    data: Mapping[str, str] = configmap.get("data") or {}
    return data


def _definition(configmap: Obj) -> Mapping[str, Any]:
    """The definition if it may have a token; empty, too, if it cannot be read."""
    text = _data(configmap).get(names.DEFINITION_KEY, "")
    try:
        found = load_yaml(text) if "token" in text else {}
    except DocumentError:
        return {}
    return found if isinstance(found, Mapping) else {}
