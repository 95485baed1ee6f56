"""Who calls, once it is proved, and what he may do to a service. Pure.

Made by the application for each request; calls ask the rules below, and know of credentials and
tokens nothing more. The rules are OSCAR's: the administrator may everything; others see what is
public, what is their own, and what is restricted to a list that names them, and change what is
their own. Whoever sees a service sees its token too, for calling it is what it is shown for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from shared.service.model import ADMINISTRATOR
from shared.service.names import OWNER_LABEL

if TYPE_CHECKING:
    from shared.service.model import Service

Proof = Literal["basic", "bearer"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who has proved who he is."""

    name: str
    """By which he owns services: OSCAR's word for the administrator, else the token's subject."""
    admin: bool
    proof: Proof
    title: str = ""
    """His name for people."""


ADMIN: Final = Caller(ADMINISTRATOR, admin=True, proof="basic")


def may_see(caller: Caller, service: Service) -> bool:
    """Whether he gets the definition, the token, the state and the logs."""
    if service.visibility == "public" or may_change(caller, service):
        return True
    return service.visibility == "restricted" and caller.name in service.allowed_users


def may_change(caller: Caller, service: Service) -> bool:
    """Whether he may replace, delete, stop, start and restart it."""
    return caller.admin or caller.name == service.owner


def owned(service: Service, caller: Caller) -> Service:
    """`service` as it is when `caller` makes it; what he says of its owner does not count."""
    return _belonging(service, caller.name, caller.title or caller.name)


def still_owned(service: Service, before: Service) -> Service:
    """`service` as it is when it takes the place of `before`: the owner stays."""
    return _belonging(service, before.owner, before.labels.get(OWNER_LABEL, before.owner))


def _belonging(service: Service, owner: str, title: str) -> Service:
    labels = {key: text for key, text in service.labels.items() if key != OWNER_LABEL}
    if title != owner:
        labels[OWNER_LABEL] = title.replace(" ", "_")
    return replace(service, owner=owner, labels=labels)
