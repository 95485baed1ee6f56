"""What all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# The machine that runs the tests may be slow and busy: time is no property of the code under test.
settings.register_profile("ci", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")
