"""Template hashes are stable, and tell templates apart."""

from __future__ import annotations

from shared.embedded.controllers.hashing import ALPHABET, template_hash


def test_the_order_of_keys_does_not_matter() -> None:
    assert template_hash({"a": 1, "b": {"c": 2, "d": 3}}) == template_hash(
        {"b": {"d": 3, "c": 2}, "a": 1}
    )


def test_templates_and_collision_counts_are_told_apart() -> None:
    found = {template_hash({"a": value}, count) for value in range(50) for count in range(3)}
    assert len(found) == 150


def test_it_is_a_label_and_part_of_a_name() -> None:
    digest = template_hash({"a": 1})
    assert 1 <= len(digest) <= 10
    assert set(digest) <= set(ALPHABET)


def test_it_does_not_change_between_releases() -> None:
    assert template_hash({"spec": {"containers": [{"name": "c"}]}}) == "cfmlddlcdb"
