"""Documents that would end a process, or fill its memory, are refused before they are built."""

from __future__ import annotations

import pytest
import yaml

from shared.embedded.schema.parsing import parse_yaml
from shared.service import bounds, fdl
from shared.service.documents import DocumentError, load_yaml

MERGES = "m0: &m0 {a: 1}\n" + "".join(
    f"m{n}: &m{n}\n  <<: [{', '.join([f'*m{n - 1}'] * 9)}]\n" for n in range(1, 8)
)
BOMBS = {
    "lists in lists": "x: \n  " + "- " * 200_000 + "y\n",
    "twice as many": "- " * 400_000 + "y\n",
    "brackets": "[" * 40_000,
    "braces": "{a: " * 20_000,
    "keys of keys": "? " * 20_000 + "a",
    "deep and closed": "[" * 400 + "]" * 400,
    "merge keys": MERGES,
    "laughs": "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(60_000)),
    "an alias inside what it names": "a: &a {b: *a}",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_a_refusal(text: str) -> None:
    """libyaml composes by recursion in C: such a text ended the process by SIGSEGV."""
    with pytest.raises(DocumentError, match=r"nested|expands|inside|longer"):
        load_yaml(text)
    with pytest.raises(ValueError, match=r"error parsing YAML: (it|the alias) "):
        parse_yaml(text.encode())


@pytest.mark.parametrize(
    "text", ["a: &a [1]\nb: *a\nc: *a", "[" * 99 + "]" * 99, "x: &x {p: 1}\ny: {<<: *x}", "", "*a"]
)
def test_what_is_small_passes_to_whoever_reads_it(text: str) -> None:
    try:
        bounds.check(text)
    except yaml.YAMLError:
        assert text == "*a"


def test_each_document_of_a_text_counts_for_itself() -> None:
    bounds.check("---\na: &a [1, 1]\n---\nb: [1, 1]\n", nodes=5)
    with pytest.raises(ValueError, match="more than 5 values"):
        bounds.check("a: &a [1]\nb: *a", nodes=5)


def test_a_definition_too_deep_to_be_read_again_is_not_stored() -> None:
    deep: list[object] = []
    for _ in range(300):
        deep = [deep]
    body = {"name": "a", "image": "i", "script": "s", "expose": {"api_port": 1}, "input": deep}
    with pytest.raises(fdl.FdlError, match="document: it is nested more than 100 deep"):
        fdl.parse_service(body)
    with pytest.raises(fdl.FdlError, match="document: it has more than 110000 values"):
        fdl.parse_service({**body, "input": [0] * 110_001})


def test_what_is_accepted_can_be_read_when_it_is_stored() -> None:
    body = {"name": "n", "image": "i", "script": "s", "expose": {"api_port": 80}}
    parsed = fdl.parse_service(body | {f"k{n}": 1 for n in range(50_000)})
    assert len(parsed.warnings) < 30
    bounds.check(fdl.dump_definition(parsed.service))
    with pytest.raises(fdl.FdlError, match="more than 110000 values and keys"):
        fdl.parse_service(body | {f"k{n}": 1 for n in range(55_000)})
