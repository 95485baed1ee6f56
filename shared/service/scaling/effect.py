"""Which settings of scaling the chosen policy does not read, told as warnings. Pure.

The policy of a service may come from another layer than the setting, so whoever knows the layers
says which policy holds; where only one layer is known, its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shared.service.fields import Fields

RESPONSIVE_ONLY: Final = (
    "warm_up",
    "default_request",
    "in_flight_target",
    "cpu",
    "rhythm",
    "hold",
    "fallback",
    "up",
    "down",
)
HPA_ONLY: Final = ("hpa",)
_OTHERS: Final = {"hpa": RESPONSIVE_ONLY, "responsive": HPA_ONLY}
_OF: Final = {"hpa": "responsive", "responsive": "hpa"}


def warn_idle(fields: Fields, policy: str) -> None:
    """Warn of each setting in `fields` that policy `policy`, which holds, does not read."""
    for name in given(fields, _OTHERS[policy]):
        fields.warn(
            name,
            f"has no effect under policy {policy}, which holds here; take it out, or set "
            f"policy: {_OF[policy]}",
        )


def warn_uncertain(fields: Fields) -> None:
    """Warn of settings in a definition that names no policy, where the usual one ignores them."""
    for name in given(fields, HPA_ONLY):
        fields.warn(
            name,
            "has no effect unless the scaler's configuration sets policy hpa; add policy: hpa",
        )


def given(fields: Fields, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `names` that say something."""
    return tuple(name for name in names if fields.raw(name) not in (None, "", {}))
