"""Definitions as people and programs write them, each with what must come out of it.

`corpus/<name>.yaml` is a document, `corpus/<name>.rest.json` the body of a call, and
`corpus/<name>.expected.json` what is made of it: the services, what is told of each, or the
problems. A script is a file of the document's folder; `missing.sh` is none.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from shared.service import fdl
from shared.service.documents import plain

CORPUS = Path(__file__).parent / "corpus"
CASES = sorted(CORPUS.glob("*.yaml")) + sorted(CORPUS.glob("*.rest.json"))


def read_script(name: str) -> str:
    if name == "missing.sh":
        raise FileNotFoundError(2, "No such file or directory", name)
    return f"# {name}\n"


def outcome(case: Path) -> dict[str, Any]:
    """What is made of a case, as its file of expectations states it."""
    text = case.read_bytes().decode()
    try:
        if case.suffix == ".json":
            parsed = [fdl.parse_service(json.loads(text))]
        else:
            parsed = fdl.parse_document(text, read_script)
    except fdl.FdlError as error:
        return {"problems": list(error.problems)}
    return {
        "services": [
            {
                "cluster": item.cluster,
                "warnings": list(item.warnings),
                "service": plain(fdl.to_json(item.service, secrets=True)),
            }
            for item in parsed
        ]
    }


def test_the_corpus_is_all_there() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_comes_out(case: Path) -> None:
    expected = case.with_name(case.name.split(".")[0] + ".expected.json")
    found = outcome(case)
    assert found == json.loads(expected.read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_comes_out_can_be_stored_and_sent_again(case: Path) -> None:
    for item in outcome(case).get("services", ()):
        again = fdl.parse_service(item["service"]).service
        assert plain(fdl.to_json(again, secrets=True)) == item["service"]
        stored = fdl.load_definition(fdl.dump_definition(again))
        assert stored.expose == again.expose
        assert stored.environment.variables == again.environment.variables


def test_a_text_with_slips_is_read_or_refused_with_a_sentence() -> None:
    random = Random(2)
    texts = [case.read_bytes().decode() for case in CASES if case.suffix == ".yaml"]
    slips = "\t\n\r :-[]{}&*!|>'\"%@`#,?\u00a0\u2028\ufeff\x85\x00\x1b\ud83dac01é🚀<~"
    for _ in range(400):
        letters = list(random.choice(texts))
        for _ in range(random.choice((1, 1, 2, 5))):
            at, cut = random.randrange(len(letters)), random.choice((0, 1))
            letters[at : at + cut] = random.choice(("", random.choice(slips)))
        try:
            fdl.parse_document("".join(letters), read_script)
        except fdl.FdlError as error:
            unclear = [one for one in error.problems if ": " not in one]
            assert not unclear
