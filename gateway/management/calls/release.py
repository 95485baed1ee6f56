"""Which release of this product runs, as OSCAR's clients are told."""

from __future__ import annotations

from shared.runtime import release as installed


def release() -> str:
    """The version; "0" where it runs without being installed."""
    return installed.release("0")
