"""Rules for where a pod may run: selectors of nodes, affinity, tolerations, spreading. Pure.

Source: k8s.io/kubernetes/pkg/apis/core/validation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks
from shared.embedded.validation.label_selectors import (
    UNKNOWN,
    label_selector,
    requirement,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_ACTIONS: Final = ("DoNotSchedule", "ScheduleAnyway")
_INCLUSION: Final = ("Honor", "Ignore")
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
_UNSELECTED: Final = "must not be specified when labelSelector is not set"


def affinity(at: str, given: Obj) -> Iterator[Cause]:
    if "nodeAffinity" in given:
        yield from _node_affinity(f"{at}.nodeAffinity", given["nodeAffinity"])
    for name in ("podAffinity", "podAntiAffinity"):
        terms = given.get(name, {})
        for index, term in enumerate(terms.get(_REQUIRED, [])):
            yield from _pod_term(f"{at}.{name}.{_REQUIRED}[{index}]", term)
        for index, weighted in enumerate(terms.get(_PREFERRED, [])):
            field = f"{at}.{name}.{_PREFERRED}[{index}]"
            yield from _weight(field, weighted)
            yield from _pod_term(f"{field}.podAffinityTerm", weighted.get("podAffinityTerm", {}))


def tolerations(at: str, given: list[Obj]) -> Iterator[Cause]:
    for index, each in enumerate(given):
        yield from _toleration(f"{at}[{index}]", each)


def taints(at: str, given: list[Obj]) -> Iterator[Cause]:
    """Of a node."""
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(given):
        field, effect = f"{at}[{index}]", taint.get("effect", "")
        yield from checks.qualified_name(f"{field}.key", taint.get("key", ""))
        value = taint.get("value", "")
        if faults := ";".join(checks.label_value_faults(value)):
            yield checks.invalid(f"{field}.value", value, faults)
        yield from checks.one_of(f"{field}.effect", effect, _EFFECTS)
        if (taint.get("key", ""), effect) in seen:
            shown = {**checks.struct(taint, ("Key", "Value", "Effect", "TimeAdded"))}
            cause = checks.duplicate(field, shown)
            unique = "taints must be unique by key and effect pair"
            yield type(cause)(cause.reason, f"{cause.message}: {unique}", field)
        seen.add((taint.get("key", ""), effect))


def spread(at: str, constraints: list[Obj]) -> Iterator[Cause]:
    """`topologySpreadConstraints`."""
    for index, each in enumerate(constraints):
        field = f"{at}[{index}]"
        yield from _spread(field, each)
        pair = each.get("topologyKey", ""), each.get("whenUnsatisfiable", "")
        later = constraints[index + 1 :]
        if pair in [(c.get("topologyKey", ""), c.get("whenUnsatisfiable", "")) for c in later]:
            shown = f"{{{pair[0]}, {pair[1]}}}"
            yield checks.duplicate(f"{field}.{{topologyKey, whenUnsatisfiable}}", shown)


def _node_affinity(at: str, given: Obj) -> Iterator[Cause]:
    if _REQUIRED in given:
        yield from node_selector(f"{at}.{_REQUIRED}", given[_REQUIRED])
    for index, weighted in enumerate(given.get(_PREFERRED, [])):
        field = f"{at}.{_PREFERRED}[{index}]"
        yield from _weight(field, weighted)
        yield from _node_term(f"{field}.preference", weighted.get("preference", {}))


def node_selector(at: str, given: Obj) -> Iterator[Cause]:
    terms = given.get("nodeSelectorTerms", [])
    if not terms:
        why = "must have at least one node selector term"
        yield checks.required(f"{at}.nodeSelectorTerms", why)
    for index, term in enumerate(terms):
        yield from _node_term(f"{at}.nodeSelectorTerms[{index}]", term)


def _node_term(at: str, term: Obj) -> Iterator[Cause]:
    for index, each in enumerate(term.get("matchExpressions", [])):
        yield from requirement(f"{at}.matchExpressions[{index}]", each, compares=True)
    for index, each in enumerate(term.get("matchFields", [])):
        yield from _node_field(f"{at}.matchFields[{index}]", each)


def _node_field(at: str, term: Obj) -> Iterator[Cause]:
    operator, values = term.get("operator", ""), term.get("values", [])
    if operator not in ("In", "NotIn"):
        yield checks.invalid(f"{at}.operator", operator, UNKNOWN)
    elif len(values) != 1:
        why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        yield checks.required(f"{at}.values", why)
    if term.get("key") != "metadata.name":
        yield checks.invalid(f"{at}.key", term.get("key", ""), "not a valid field selector key")
        return
    for index, value in enumerate(values):
        yield from checks.subdomain(f"{at}.values[{index}]", value)


def _weight(at: str, weighted: Obj) -> Iterator[Cause]:
    weight = weighted.get("weight", 0)
    if not 1 <= weight <= 100:
        yield checks.invalid(f"{at}.weight", weight, "must be in the range 1-100")


def _pod_term(at: str, term: Obj) -> Iterator[Cause]:
    selector = term.get("labelSelector")
    yield from label_selector(f"{at}.labelSelector", selector)
    yield from label_selector(f"{at}.namespaceSelector", term.get("namespaceSelector"))
    for name in term.get("namespaces", []):
        yield from checks.label(f"{at}.namespace", name)
    for keys in ("matchLabelKeys", "mismatchLabelKeys"):
        if term.get(keys) and selector is None:
            yield checks.forbidden(f"{at}.{keys}", _UNSELECTED)
    key = term.get("topologyKey", "")
    if not key:
        yield checks.required(f"{at}.topologyKey", "can not be empty")
    yield from checks.qualified_name(f"{at}.topologyKey", key)


def _toleration(at: str, given: Obj) -> Iterator[Cause]:
    key, operator = given.get("key", ""), given.get("operator", "")
    value, effect = given.get("value", ""), given.get("effect", "")
    if key:
        yield from checks.qualified_name(f"{at}.key", key)
    elif operator != "Exists":
        why = 'operator must be Exists when `key` is empty, which means "match all values and all '
        yield checks.invalid(f"{at}.operator", operator, f'{why}keys"')
    if "tolerationSeconds" in given and effect != "NoExecute":
        why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        yield checks.invalid(f"{at}.effect", effect, why)
    if operator in ("Equal", ""):
        if faults := ";".join(checks.label_value_faults(value)):
            yield checks.invalid(f"{at}.operator", value, faults)
    elif operator != "Exists":
        yield checks.unsupported(f"{at}.operator", operator, ("Equal", "Exists"))
    elif value:
        why = "value must be empty when `operator` is 'Exists'"
        yield checks.invalid(f"{at}.operator", value, why)
    if effect and effect not in _EFFECTS:
        yield checks.unsupported(f"{at}.effect", effect, _EFFECTS)


def _spread(at: str, given: Obj) -> Iterator[Cause]:
    if given.get("maxSkew", 0) <= 0:
        yield checks.invalid(f"{at}.maxSkew", given.get("maxSkew", 0), "must be greater than zero")
    if not given.get("topologyKey"):
        yield checks.required(f"{at}.topologyKey", "can not be empty")
    action = given.get("whenUnsatisfiable", "")
    if action not in _ACTIONS:
        yield checks.unsupported(f"{at}.whenUnsatisfiable", action, _ACTIONS)
    fewest = given.get("minDomains")
    if fewest is not None and fewest <= 0:
        yield checks.invalid(f"{at}.minDomains", fewest, "must be greater than zero")
    if fewest is not None and action != "DoNotSchedule":
        why = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
        yield checks.invalid(f"{at}.minDomains", fewest, why)
    for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
        if name in given and given[name] not in _INCLUSION:
            yield checks.unsupported(f"{at}.{name}", given[name], _INCLUSION)
    if given.get("matchLabelKeys") and "labelSelector" not in given:
        yield checks.forbidden(f"{at}.matchLabelKeys", _UNSELECTED)
    yield from label_selector(f"{at}.labelSelector", given.get("labelSelector"))
