"""The Roles against the processes: they grant what is asked of the API server, and nothing else.

Gateway, management and scaler run with the tokens of their service accounts behind a recording
proxy while a service lives. Rights are those that kustomize builds. The overlays, and what takes
long, are in `tests/operations/test_rights_life.py`.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.manifests.built import build
from tests.manifests.conftest import Request, recording
from tests.manifests.life import Life, life
from tests.manifests.processes import programs
from tests.manifests.rights import ACCOUNTS, Grant, grants, install, present, told, unused
from tests.operations.cluster import embedded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from shared.service.objects import Obj

NOTHING: Mapping[str, dict[str, str]] = {}


@asynccontextmanager
async def living(
    folder: Path, objects: Sequence[Obj], settings: Mapping[str, dict[str, str]] = NOTHING
) -> AsyncIterator[Life]:
    """A cluster of its own in which our accounts have the rights that `objects` give them."""
    async with AsyncExitStack() as stack:
        home = stack.enter_context(embedded(folder / "home"))
        await install(home, objects)
        recorder = await stack.enter_async_context(recording(home))
        run = await stack.enter_async_context(programs(home, recorder, folder, settings))
        yield await stack.enter_async_context(life(home, recorder, run))


async def rights_are_those_used(lived: Life) -> None:
    """Fails when something was refused, or when something was granted and not used."""
    assert lived.recorder.refused == []
    objects = await present(lived.kube)
    spare = {
        account: unused(grants(objects, account), lived.recorder.seen[account])
        for account in ACCOUNTS
    }
    assert not any(spare.values()), f"granted and not used:\n{told(spare)}"


async def test_roles_are_enough_and_minimal(tmp_path: Path) -> None:
    async with living(tmp_path, build("base")) as lived:
        await lived.began()
        await lived.shrank()
        await lived.was_meddled_with()
        await lived.had_a_rival()
        await lived.was_configured_badly()
        await lived.ended()
        await rights_are_those_used(lived)


@pytest.mark.parametrize("source", ["kubelet", "prometheus"])
def test_who_reads_usage_elsewhere_may_not_ask_the_metrics_api(source: str) -> None:
    given = grants(build(f"overlays/{source}"), "scaler")
    assert "metrics.k8s.io" in {each.group for each in grants(build("base"), "scaler")}
    assert "metrics.k8s.io" not in {each.group for each in given}


def test_a_right_is_used_where_something_was_asked_that_it_covers() -> None:
    everywhere, here = Grant("", "list", "", "pods"), Grant("a", "list", "", "pods")
    named = Grant("a", "get", "", "leases", "one")
    asked = {Request("list", "", "pods", "a", ""), Request("get", "", "leases", "a", "one")}
    assert unused([here, everywhere, named], asked) == []
    others = [
        Grant("b", "list", "", "pods"),
        Grant("a", "get", "", "pods"),
        Grant("a", "list", "apps", "pods"),
        Grant("a", "get", "", "leases", "two"),
    ]
    assert unused(others, asked) == others
    assert unused([here], {Request("list", "", "pods", "", "")}) == [here]
