"""A ValidatingAdmissionPolicy carried out, by Google's own runtime of CEL.

Kubernetes' is the Go one of the same language; what Kubernetes adds to it is not used here.
https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cel_expr_python import cel

if TYPE_CHECKING:
    from shared.service.objects import Obj

_ENVIRONMENT = cel.NewEnv(
    variables=dict.fromkeys(("object", "oldObject", "request", "variables"), cel.Type.DYN)
)


def refusals(policy: Obj, request: Obj, new: Obj, old: Obj | None = None) -> list[str]:
    """The messages of all validations that `new` fails; empty where the policy does not apply."""
    spec = policy["spec"]
    data: dict[str, Any] = {"object": new, "oldObject": old, "request": request, "variables": {}}
    if not all(_value(each["expression"], data) for each in spec.get("matchConditions", ())):
        return []
    for each in spec.get("variables", ()):
        data["variables"][each["name"]] = _value(each["expression"], data)
    return [each["message"] for each in spec["validations"] if not _value(each["expression"], data)]


def _value(expression: str, data: dict[str, Any]) -> Any:
    """Raises for what would be an error there, too, and so a refusal."""
    return _plain(_ENVIRONMENT.compile(expression).eval(data=data).value())


def _plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return {_plain(key): _plain(each) for key, each in value.items()}
    return value.value() if hasattr(value, "value") else value
