"""The objects that an OSCAR manager makes of a service: which there may be, and whose. Pure.

None has an owner, so they are known by their names. A name alone says little (a Secret `a-token`
may be the environment of a service `a-token`, or the token of a service `a`), so each is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from gateway.management.objects import claim
from shared.service import names, oscar
from shared.service.objects import labels_of
from shared.service.values import value

if TYPE_CHECKING:
    from shared.service.model import Service
    from shared.service.objects import Obj

Use = Literal["scaling", "routing", "running"]


@value
class Piece:
    """One object that may be there; `belongs` tells it from a stranger of its name."""

    kind: str
    name: str
    use: Use
    belongs: Callable[[Obj], bool]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def pieces(service: Service) -> tuple[Piece, ...]:
    """All but ConfigMap, Deployment and Kubernetes Service, in the order in which they may go."""
    name = service.name
    secrets = service.environment.secrets

    def scales(obj: Obj) -> bool:
        target = (obj.get("spec") or {}).get("scaleTargetRef") or {}
        return target.get("kind") == "Deployment" and target.get("name") == oscar.deployment(name)

    def leads_here(obj: Obj) -> bool:
        return names.service(name) in _backends(obj.get("spec"))

    def is_environment(obj: Obj) -> bool:
        return _is_unmarked(obj, name) and set(obj.get("data") or ()) == set(secrets)

    routes = [
        Piece("Ingress", oscar.ingress(name), "routing", leads_here),
        Piece("HTTPRoute", oscar.route(name), "routing", leads_here),
        *(Piece("Middleware", each, "routing", _anyhow) for each in oscar.middlewares(name)),
        *(
            Piece("Secret", each, "routing", _holds(key, name))
            for each, key in zip(oscar.route_secrets(name), ("auth", "users"), strict=True)
        ),
    ]
    environment = [Piece("Secret", oscar.environment_secret(name), "running", is_environment)]
    return (
        Piece("HorizontalPodAutoscaler", oscar.autoscaler(name), "scaling", scales),
        *routes,
        *(environment if secrets else ()),
        *_claim(service),
        Piece("PodTemplate", name, "running", lambda obj: names.SERVICE_LABEL in labels_of(obj)),
    )


def _claim(service: Service) -> tuple[Piece, ...]:
    """The claim of a volume that is to go with the service; any other stays."""
    volume = claim.own(service)
    if volume is None or volume.lifecycle_policy != "delete":
        return ()
    return (Piece(claim.KIND, volume.name, "running", lambda obj: claim.is_of(obj, service)),)


def _anyhow(_: Obj) -> bool:
    return True


def _holds(key: str, service: str) -> Callable[[Obj], bool]:
    """Whether a Secret holds `key` and nothing else."""
    return lambda obj: _is_unmarked(obj, service) and set(obj.get("data") or ()) == {key}


def _is_unmarked(secret: Obj, service: str) -> bool:
    """Whether it is no Secret of ours, other than one taken over for this service."""
    return labels_of(secret).get(names.SERVICE_LABEL, service) == service


def _backends(spec: object) -> set[str]:
    """The names of the Kubernetes Services to which an Ingress or an HTTPRoute leads."""
    found: set[str] = set()
    waiting = [spec]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            found |= {each["name"] for each in one.get("backendRefs") or () if "name" in each}
            if isinstance(one.get("service"), Mapping):
                found.add(str(one["service"].get("name", "")))
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found
