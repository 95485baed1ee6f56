"""Field selectors: https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/.

What the selectors of each kind may name, and the predicate that one stands for. `declarations` says
which of these fields are whose. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from shared.embedded.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.service.objects import Obj

Fields = Mapping[str, tuple[str, ...]]
"""What a selector may name → the path at which a stored object has it."""


def _fields(*names: str, **others: str) -> Fields:
    """Fields that go by their path in the object; `others` go by another name."""
    own = ("metadata.name", "metadata.namespace", *names)
    paths = {name: name for name in own} | others
    return {name: tuple(path.split(".")) for name, path in paths.items()}


METADATA: Final = _fields()
"""Of kinds whose objects are selected by name and namespace alone."""

NAMESPACE: Final = _fields("status.phase")
NODE: Final = _fields("spec.unschedulable")
POD: Final = _fields(
    *("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName"),
    *("status.phase", "status.podIP"),
)
REPLICA_SET: Final = _fields("status.replicas")
SECRET: Final = _fields("type")
SERVICE: Final = _fields("spec.clusterIP", "spec.type")

_ABOUT: Final = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
EVENT: Final = _fields(
    *(f"involvedObject.{name}" for name in _ABOUT),
    *("reason", "reportingComponent", "type"),
    source="source.component",
    reportingController="reportingComponent",
    **{f"regarding.{name}": f"involvedObject.{name}" for name in _ABOUT},
)
"""Events are selected by the names of both their groups."""


def field_predicate(fields: Fields, text: str) -> Callable[[Obj], bool] | None:
    """The predicate of a fieldSelector on stored objects with `fields`, None when it selects all.

    Raises 400 for a field that is none of `fields`, and for malformed text.
    """
    tests = [_field_test(fields, term) for term in text.split(",") if term]
    return (lambda obj: all(test(obj) for test in tests)) if tests else None


def _field_test(fields: Fields, term: str) -> Callable[[Obj], bool]:
    parts = re.fullmatch(r"([^=!]*)(==|!=|=)(.*)", term)
    if parts is None:
        raise bad_request(f"invalid selector: '{term}'; can't understand '{term}'")
    name, operator, wanted = parts.groups()
    path = fields.get(name)
    if path is None:
        if fields is METADATA:
            known = 'only "metadata.name", "metadata.namespace"'
            raise bad_request(f'"{name}" is not a known field selector: {known}')
        raise bad_request(f"field label not supported: {name}")

    def matches(obj: Obj) -> bool:
        return (_text_at(obj, path) == wanted) == (operator != "!=")

    return matches


def _text_at(obj: Obj, path: tuple[str, ...]) -> str:
    value: Any = obj
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
