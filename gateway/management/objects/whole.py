"""A service put together again from its ConfigMap and from what its Secret keeps. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gateway.management.objects import kept as secrets
from shared.service import fdl, names, oscar, sensitive, stored, tokens
from shared.service.documents import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.management.objects.kept import Kept
    from gateway.management.objects.seen import Seen
    from shared.service.model import Service


@dataclass(frozen=True, slots=True)
class Whole:
    """A service with all its secrets, and what its ConfigMap is to say of it."""

    service: Service
    kept: Kept
    revision: str
    data: Mapping[str, str]
    stopped: bool
    lost: tuple[str, ...]
    """What was secret and is nowhere any more."""


def kept_of(seen: Seen, known: Mapping[str, Kept], new_token: str) -> Kept:
    """What is kept of the revision that the ConfigMap names; else what can be found elsewhere.

    `new_token` is taken when there is no token any more.
    """
    if seen.revision in known:
        return known[seen.revision]
    entry = secrets.entries(seen.secret).get(seen.revision)
    if entry is not None:
        return entry.kept
    managers = oscar.token(seen.root) if seen.root else ""
    token = secrets.token(seen.secret) or managers or new_token
    return secrets.Kept(token, secrets.texts(seen.environment), {})


def restored(seen: Seen, known: Mapping[str, Kept], new_token: str) -> Whole:
    """The service that `seen.root` is; raises StoredError."""
    assert seen.root is not None, "asked only of services that are there"
    found = stored.read(seen.root)
    definition = found.definition
    kept = kept_of(seen, known, new_token)
    extra = plain(definition.extra)
    clear = sensitive.found(extra)  # in a ConfigMap of an earlier version, or one changed by hand
    filled = sensitive.filled(extra, kept.fields)
    values = {key: kept.environment.get(key, "") for key in definition.environment.secrets}
    service = replace(
        definition,
        script=found.script,
        environment=replace(definition.environment, secrets=values),
        extra=filled,
    )
    now = secrets.of(service, kept.token)
    text = secrets.data(seen.root)[names.DEFINITION_KEY]
    data = {
        names.DEFINITION_KEY: fdl.dump_definition(service) if clear else text,
        names.SCRIPT_KEY: found.script,
        names.DIGEST_KEY: tokens.digest(kept.token).hex(),
    }
    missing = [f"environment.secrets.{key}" for key in values if key not in kept.environment]
    lost = (["the token"] if kept.token == new_token else []) + missing
    return Whole(service, now, secrets.revision(data, now), data, found.stopped, tuple(lost))


def with_known_secrets(service: Service, kept: Kept) -> Service:
    """Secrets are answered blank, so a blank one that comes back means: as it is."""
    values = {
        key: value or kept.environment.get(key, "")
        for key, value in service.environment.secrets.items()
    }
    return replace(
        service,
        environment=replace(service.environment, secrets=values),
        extra=sensitive.filled(plain(service.extra), kept.fields),
    )
