"""Settings from the environment: typed, and all errors at once."""

from __future__ import annotations

import pytest

from shared.runtime.settings import Documented, Reader, SettingsError


def test_values_and_defaults() -> None:
    reader = Reader({"PORT": "80", "RATIO": "0.5", "ON": "Yes", "LIST": "a, b,,", "EMPTY": ""})
    assert reader.integer("PORT", 1) == 80
    assert reader.number("RATIO", 1.0) == 0.5
    assert reader.flag("ON", default=False) is True
    assert reader.words("LIST") == ("a", "b")
    assert reader.text("EMPTY", "x") == "x"
    assert reader.integer("ABSENT", 7) == 7
    reader.check()


def test_all_errors_at_once() -> None:
    reader = Reader({"PORT": "x", "RATIO": "nan", "ON": "maybe", "FORM": "xml", "BIG": "9"})
    reader.integer("PORT", 1)
    reader.number("RATIO", 1.0)
    reader.flag("ON", default=False)
    reader.text("FORM", "text", among=("text", "json"))
    reader.integer("BIG", 1, most=8)
    with pytest.raises(SettingsError) as caught:
        reader.check()
    assert [line.split(":")[0] for line in caught.value.problems] == [
        "PORT",
        "RATIO",
        "ON",
        "FORM",
        "BIG",
    ]
    assert "9 is above 8, the most allowed" in str(caught.value)
    assert "PORT: 'x' is not a whole number" in str(caught.value)


def test_documented_defaults_are_what_holds() -> None:
    variables = {
        "HOST": ("0.0.0.0", "address"),
        "PORT": ("8080", "port"),
        "RATIO": ("0.5", "share"),
        "LIST": ("a,b", "words"),
        "NONE": ("", "words"),
    }
    reader = Documented(variables, {"PORT": "70000"})
    assert reader.address("HOST", "PORT") == ("0.0.0.0", 8080)
    assert reader.amount("RATIO") == 0.5
    assert reader.several("LIST") == ("a", "b")
    assert reader.several("NONE") == ()
    with pytest.raises(SettingsError, match="PORT: 70000 is above 65535"):
        reader.check()
    with pytest.raises(KeyError):
        reader.string("UNDOCUMENTED")
