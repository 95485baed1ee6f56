"""Which release of this product runs."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from gateway.management.answers.system import PRODUCT


def release() -> str:
    """The version; "0" where it runs without being installed."""
    try:
        return version(PRODUCT)
    except PackageNotFoundError:
        return "0"
