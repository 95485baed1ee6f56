"""Which release runs."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from shared.runtime import release


def test_it_is_the_installed_one_or_what_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert release.release() == version("exposed-services")
    monkeypatch.setattr(release, "PRODUCT", "no-such-product")
    assert (release.release(), release.release("0")) == ("unknown", "0")
