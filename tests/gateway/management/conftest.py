from __future__ import annotations

import pytest

from shared.model import Environment, Expose, Service


@pytest.fixture
def service() -> Service:
    """A service that uses what can be used."""
    return Service(
        name="ocr",
        image="registry/ocr:1",
        script="exec python server.py\n",
        memory="1Gi",
        cpu="500m",
        environment=Environment(variables={"MODE": "fast", "OSCAR_SERVICE_NAME": "forged"}),
        expose=Expose(api_port=(5000, 5001), min_scale=2, max_scale=5),
        labels={"team": "vision"},
    )
