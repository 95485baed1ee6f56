"""Where a pod is asked whether it is ready."""

from __future__ import annotations

import pytest

from shared.service.model import Expose, ProbeMode
from shared.service.probing import probe_path


@pytest.mark.parametrize(
    ("rewrite", "mode", "path"),
    [
        (False, "legacy", "/ready?x"),
        (False, "direct", "/ready?x"),
        (True, "legacy", "/system/services/a/exposed/ready?x"),
        (True, "direct", "/ready?x"),
    ],
)
def test_the_path_is_as_the_pod_sees_it(rewrite: bool, mode: ProbeMode, path: str) -> None:
    expose = Expose((80,), rewrite_target=rewrite, probe_mode=mode, health_path="/ready?x")
    assert probe_path("a", expose) == path
