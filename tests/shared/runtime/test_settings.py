"""Settings from the environment: typed, and all errors at once."""

from __future__ import annotations

import pytest

from shared.runtime.settings import Reader, SettingsError, help_text

VARIABLES = {
    "PORT": ("1", "a port"),
    "RATIO": ("1", "a share"),
    "ON": ("false", "a switch"),
    "LIST": ("", "words"),
    "FORM": ("text", "text or json"),
    "BIG": ("1", "at most 8"),
    "EMPTY": ("x", "given, but empty"),
    "ABSENT": ("7", "not given"),
}


def test_values_and_defaults() -> None:
    given = {"PORT": "80", "RATIO": "0.5", "ON": "Yes", "LIST": "a, b,,", "EMPTY": ""}
    reader = Reader(VARIABLES, given)
    assert reader.whole("PORT") == 80
    assert reader.amount("RATIO") == 0.5
    assert reader.switch("ON") is True
    assert reader.several("LIST") == ("a", "b")
    assert reader.string("EMPTY") == "x"
    assert reader.whole("ABSENT") == 7
    reader.check()


def test_all_errors_at_once() -> None:
    given = {"PORT": "x", "RATIO": "nan", "ON": "maybe", "FORM": "xml", "BIG": "9"}
    reader = Reader(VARIABLES, given)
    reader.whole("PORT")
    reader.amount("RATIO")
    reader.switch("ON")
    reader.string("FORM", "text", "json")
    reader.whole("BIG", most=8)
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


def test_help_names_every_variable_with_default_and_meaning() -> None:
    text = help_text(VARIABLES)
    assert "\nPORT [1]\n    a port\n" in text
    assert "\nLIST [none]\n    words\n" in text


def test_documented_defaults_are_what_holds() -> None:
    variables = {
        "HOST": ("0.0.0.0", "address"),
        "PORT": ("8080", "port"),
        "RATIO": ("0.5", "share"),
        "LIST": ("a,b", "words"),
        "NONE": ("", "words"),
    }
    reader = Reader(variables, {"PORT": "70000"})
    assert reader.address("HOST", "PORT") == ("0.0.0.0", 8080)
    assert reader.amount("RATIO") == 0.5
    assert reader.several("LIST") == ("a", "b")
    assert reader.several("NONE") == ()
    with pytest.raises(SettingsError, match="PORT: 70000 is above 65535"):
        reader.check()
    with pytest.raises(KeyError):
        reader.string("UNDOCUMENTED")
