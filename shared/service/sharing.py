"""To whom a service belongs and who else may see it: `owner`, `visibility`, `allowed_users`. Pure.

Called by `definition`. The words are OSCAR's; who may do what follows from them in the services
API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from shared.service.model import ADMINISTRATOR, Service, Visibility

if TYPE_CHECKING:
    from shared.service.fields import Fields

VISIBILITIES: Final = ("private", "public", "restricted")


def visibility(fields: Fields, *, new: bool) -> Visibility:
    """What `fields` say; empty means private. What is stored and means nothing does so too: it
    stays readable, and is shown to nobody else."""
    if not new and str(fields.raw("visibility")).lower() not in VISIBILITIES:
        return "private"
    return cast("Visibility", fields.text("visibility", default="private", among=VISIBILITIES))


def allowed_users(fields: Fields) -> tuple[str, ...]:
    """Whom a restricted service is shown to, each once; blank names are nobody's."""
    named = (word.strip() for word in fields.words("allowed_users"))
    return tuple(dict.fromkeys(word for word in named if word))


def to_json(service: Service) -> dict[str, Any]:
    """What is not as it would be without being stated."""
    stated: dict[str, Any] = {}
    if service.owner != ADMINISTRATOR:
        stated["owner"] = service.owner
    if service.visibility != "private":
        stated["visibility"] = service.visibility
    if service.allowed_users:
        stated["allowed_users"] = list(service.allowed_users)
    return stated
