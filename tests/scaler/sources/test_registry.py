"""What the registry promises for every kind of source, those to come included."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from typing import Any

import pytest

from scaler import sources
from scaler.config.document import Config, ConfigError, parse
from scaler.decision import Policy
from scaler.simulator.arms import policy_arm
from scaler.simulator.scenario import Run, World
from scaler.simulator.simulate import simulate
from scaler.sources.kind import Access, Kind
from scaler.sources.registry import KINDS, by_name, kind_of
from shared.service.spaces import Spaces

COMPLETE = "prometheus: {url: 'http://prometheus:9090'}"
"""What kinds of source need of a document, beside their names."""

ACCESS: Any = Access(kube=None, session=None, spaces=Spaces(), nodes=tuple)  # type: ignore[arg-type]


def test_every_file_that_declares_a_kind_is_registered() -> None:
    files = pkgutil.iter_modules(sources.__path__, "scaler.sources.")
    modules = [importlib.import_module(file.name) for file in files]
    declared = {module.KIND.name for module in modules if hasattr(module, "KIND")}
    assert declared == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_what_the_configuration_accepts_can_be_made_and_is_modelled(name: str) -> None:
    config = parse(f"source: {name}\n{COMPLETE}", Config()).source
    kind = kind_of(config.kind)
    assert kind.make(ACCESS, config.options).name == name
    arm = policy_arm("any", Policy(), 2, sampling=kind.sampling)
    assert simulate(Run("test", 1, World(), (0.5, 0.5)), arm).spec == [1, 1]


def test_an_unknown_kind_is_refused_with_the_names_of_those_there_are() -> None:
    known = ", ".join(KINDS)
    with pytest.raises(ConfigError, match=f"'vibes' is not one of {known}"):
        parse("source: vibes", Config())
    with pytest.raises(ValueError, match=f"'vibes' is no kind of source; known are {known}"):
        kind_of("vibes")


def test_two_kinds_cannot_share_a_name() -> None:
    kinds: list[Kind] = list(KINDS.values())
    with pytest.raises(ValueError, match="have one name"):
        by_name(*kinds, replace(kinds[0], name=kinds[1].name))


def test_the_section_of_a_kind_that_is_not_chosen_is_checked_and_left() -> None:
    assert parse(f"source: kubelet\n{COMPLETE}", Config()).source.options is None
    with pytest.raises(ConfigError, match=r"prometheus\.url: 'nonsense' is not an address"):
        parse("source: kubelet\nprometheus: {url: nonsense}", Config())
