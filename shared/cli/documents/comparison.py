"""What applying definitions would do to services that are there, decided before anything is. Pure.

Used by `apply` and `diff`, which fetch the services and carry it out. Values of secrets, which the
API never answers, are not compared.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from shared.cli.documents.blocks import write
from shared.cli.documents.definition import is_exposed, stated
from shared.service import fdl, sensitive
from shared.service.model import Service

NOT_EXPOSED: Final = "has no `expose` with an api_port, and only exposed services run here"

Action = Literal["create", "replace", "withdraw", "skip"]
Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What will be done with one service."""

    action: Action
    """`withdraw` replaces one that is exposed by one that is not: its pods end."""
    service: Service
    differs: bool = True
    """Whether the definition changes, as far as that can be seen."""


def plan(services: Sequence[Service], there: Mapping[str, Answer]) -> list[Step]:
    """The steps, in the order of `services`; `there` has the API's answer for each that exists."""
    return [_step(service, there.get(service.name)) for service in services]


def _step(service: Service, answer: Answer | None) -> Step:
    if answer is None:
        return Step("create" if service.expose else "skip", service)
    kept = with_line_end_of(service, answer)
    differs = stated(answer) != stated(fdl.to_json(kept))
    withdrawn = is_exposed(answer) and service.expose is None
    return Step("withdraw" if withdrawn else "replace", kept, differs)


def with_line_end_of(service: Service, answer: Answer) -> Service:
    """The service with the script that is there, where all that differs is a line end that a
    script of one line needs to stand in a document."""
    script = str(answer.get("script") or "")
    same = "\n" not in script and service.script == script + "\n"
    return replace(service, script=script) if same else service


def done(step: Step) -> str:
    """What a step that was carried out did, in a line."""
    name = f"service/{step.service.name}"
    if step.action == "skip":
        return f"{name} skipped: it {NOT_EXPOSED}"
    if step.action == "withdraw":
        return f"{name} replaced; it is no longer exposed"
    hidden = "" if step.service.expose is not None else "; it is not exposed"
    return f"{name} {'created' if step.action == 'create' else 'replaced'}{hidden}"


def difference(service: Service, answer: Answer | None) -> str:
    """A unified diff of the definition as it is and as it will be; empty if they are equal."""
    before = write(stated(answer)) if answer is not None else ""
    kept = with_line_end_of(service, answer) if answer is not None else service
    after = write(stated(fdl.to_json(kept)))
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        f"service/{service.name} (as it is)",
        f"service/{service.name} (as it will be)",
    )
    return "".join(lines)


def hides_secrets(service: Service) -> bool:
    """Whether the definition has values of secrets, which no comparison sees."""
    return any(service.environment.secrets.values()) or bool(sensitive.found(service.extra))
