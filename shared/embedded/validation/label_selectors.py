"""Rules for label selectors (k8s.io/apimachinery, apis/meta/v1/validation). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.validation import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.embedded.errors import Cause
    from shared.service.objects import Obj

_VALUED: Final = "must be specified when `operator` is 'In' or 'NotIn'"
_VALUELESS: Final = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
UNKNOWN: Final = "not a valid selector operator"


def label_selector(at: str, selector: Obj | None) -> Iterator[Cause]:
    if not selector:
        return
    yield from checks.labels(f"{at}.matchLabels", selector.get("matchLabels", {}))
    for index, term in enumerate(selector.get("matchExpressions", [])):
        yield from requirement(f"{at}.matchExpressions[{index}]", term)


def is_empty(selector: Obj) -> bool:
    """Whether it selects everything."""
    return not (selector.get("matchLabels") or selector.get("matchExpressions"))


def requirement(at: str, term: Obj, *, compares: bool = False) -> Iterator[Cause]:
    """One of `matchExpressions`; those that choose nodes may compare numbers too."""
    operator, values = term.get("operator", ""), term.get("values", [])
    if operator in ("In", "NotIn"):
        if not values:
            yield checks.required(f"{at}.values", _VALUED)
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            yield checks.forbidden(f"{at}.values", _VALUELESS)
    elif compares and operator in ("Gt", "Lt"):
        if len(values) != 1:
            why = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            yield checks.required(f"{at}.values", why)
    else:
        yield checks.invalid(f"{at}.operator", operator, UNKNOWN)
    yield from checks.qualified_name(f"{at}.key", term.get("key", ""))
    for index, value in enumerate(values):
        yield from checks.label_value(f"{at}.values[{index}]", value)
