from __future__ import annotations

from pathlib import Path

import pytest

from scaler.config.document import Config
from scaler.config.settings import read
from shared.runtime.settings import SettingsError


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = read({})
    assert (settings.host, settings.port, settings.config_path) == ("0.0.0.0", 8083, None)
    assert settings.base == Config()
    assert settings.identity


def test_every_variable_is_read() -> None:
    settings = read(
        {
            "SCALER_HOST": "127.0.0.1",
            "SCALER_PORT": "0",
            "SCALER_CONFIG": "/etc/scaler/config.yaml",
            "SCALER_PERIOD": "1",
            "SCALER_SOURCE": "kubelet",
            "SCALER_GATEWAYS": "http://127.0.0.1:8081, http://127.0.0.1:9081",
            "SCALER_LEASE": "other",
            "SCALER_LEASE_DURATION": "20",
            "SCALER_IDENTITY": "me",
        }
    )
    assert settings.config_path == Path("/etc/scaler/config.yaml")
    assert (settings.host, settings.port, settings.lease, settings.identity) == (
        "127.0.0.1", 0, "other", "me",
    )  # fmt: skip
    assert settings.lease_duration == 20
    assert settings.base.defaults.policy.period_s == 1
    assert settings.base.source.kind == "kubelet"
    assert settings.base.source.gateways == ("http://127.0.0.1:8081", "http://127.0.0.1:9081")


def test_all_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        read({"SCALER_PORT": "-1", "SCALER_PERIOD": "0.1", "SCALER_SOURCE": "x",
              "SCALER_GATEWAYS": "here"})  # fmt: skip
    named = {problem.split(":")[0] for problem in error.value.problems}
    assert named == {"SCALER_PORT", "SCALER_PERIOD", "SCALER_SOURCE", "SCALER_GATEWAYS"}
