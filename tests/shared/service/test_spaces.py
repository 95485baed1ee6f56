"""Namespaces of owners: OSCAR's names, and one for each owner."""

from __future__ import annotations

import pytest

from shared.service.spaces import LONGEST, Spaces, candidates, hashed


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("cluster_admin", "oscar-svc"),
        ("", "oscar-svc"),
        ("62bb11b40398f73778b66f344d282242@egi.eu", "oscar-svc-62bb11b4"),
        ("alice@egi.eu", "oscar-svc-alice-eg"),
        ("Bob", f"oscar-svc-bob-{hashed('Bob')[:4]}"),
        ("a.b.c.d.", "oscar-svc-a-b-c-d"),
        ("abcdefg", "oscar-svc-abcdefg"),
        ("@@@", f"oscar-svc-{hashed('@@@')[:8]}"),
        ("Ünïcödé-x", "oscar-svc-n-c-d--x"),
    ],
)
def test_names_are_oscars(owner: str, name: str) -> None:
    assert candidates(owner)[0].rstrip("-").startswith(name)
    assert all(len(each) <= LONGEST for each in candidates(owner))


def test_owners_who_begin_alike_can_be_apart() -> None:
    one, other = candidates("first.last@x"), candidates("first.lasting@x")
    assert one[0] == other[0]
    assert one[1] != other[1]


def test_which_namespaces_are_ours() -> None:
    one, many = Spaces(), Spaces(per_owner=True)
    assert one.has("oscar-svc")
    assert not one.has("oscar-svc-alice")
    assert many.has("oscar-svc-alice")
    assert not many.has("oscar-svcx")
    assert not many.has("kube-system")
    assert (one.watched, many.watched) == ("oscar-svc", None)
