"""Which release of this product runs."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

PRODUCT: Final = "exposed-services"


def release(otherwise: str = "unknown") -> str:
    """The version as it was installed; `otherwise` where it runs without being installed."""
    try:
        return version(PRODUCT)
    except PackageNotFoundError:
        return otherwise
