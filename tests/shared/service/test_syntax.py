"""Names, labels and annotations as Kubernetes takes them."""

from __future__ import annotations

import pytest

from shared.service import syntax


@pytest.mark.parametrize("key", ["a", "A.b_c-1", "a" * 63, "example.org/a", "EXAMPLE.org/A"])
def test_keys(key: str) -> None:
    syntax.check_key(key)


@pytest.mark.parametrize(
    "key", ["", "/", "a/", "/a", "a" * 64, "-a", "a b", "ä", "a/b/c", "a..b/c", "a\n", "-a/b"]
)
def test_no_keys(key: str) -> None:
    with pytest.raises(ValueError, match="no key that Kubernetes takes"):
        syntax.check_key(key)


@pytest.mark.parametrize("value", ["", "1", "true", "a.b_c-D", "a" * 63])
def test_values_of_labels(value: str) -> None:
    syntax.check_label(value)


@pytest.mark.parametrize("value", [" ", "a b", "a@b", "-", "a-", "a" * 64, "é", "a\n"])
def test_no_values_of_labels(value: str) -> None:
    with pytest.raises(ValueError, match="no value of a label"):
        syntax.check_label(value)


@pytest.mark.parametrize("name", ["", "A", "a_b", "a-", ".a", "a..b", "a" * 254, "a/b"])
def test_no_names_of_secrets(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a Secret"):
        syntax.check_secret_name(name)


@pytest.mark.parametrize("name", ["", "1a", "a b", "a=b", "é", "a\n", "-a", "a" * 254])
def test_no_names_of_variables(name: str) -> None:
    with pytest.raises(ValueError, match="no name of an environment variable"):
        syntax.check_variable(name, "x")


def test_a_variable_fits_into_what_a_program_is_started_with() -> None:
    syntax.check_variable("A", "é" * 65_534)  # and "A=" and the zero at the end: 131 071 bytes
    with pytest.raises(ValueError, match="takes more than 131072 bytes"):
        syntax.check_variable("A", "a" * 131_070)
