"""Of which cluster a document's services are taken; its other shapes stand in the corpus."""

from __future__ import annotations

import pytest

from shared.service import fdl

TWO = """
functions:
  oscar:
  - here: &web {name: web, image: i, script: s.sh, expose: {api_port: 80}}
    there: {<<: *web, image: other}
  - there: {name: store, image: i, script: s.sh, expose: {api_port: 80}}
"""


def taken(cluster: str) -> list[tuple[str, str, str]]:
    parsed = fdl.parse_document(TWO, lambda name: name, cluster)
    return [(one.cluster, one.service.name, one.service.image) for one in parsed]


def test_without_a_choice_the_first_of_each_entry_is_taken_and_said() -> None:
    assert taken("") == [("here", "web", "i"), ("there", "store", "i")]
    first, second = fdl.parse_document(TWO, lambda name: name)
    assert second.warnings == ()
    assert first.warnings == (
        "functions.oscar[0]: names several clusters; the service of here is taken, not of there: "
        "choose with --cluster",
        "functions.oscar: names several clusters (here, there); the services of all are taken: "
        "choose with --cluster",
    )


def test_a_choice_takes_its_services_alone_and_nothing_needs_saying() -> None:
    assert taken("there") == [("there", "web", "other"), ("there", "store", "i")]
    assert taken("here") == [("here", "web", "i")]
    (only,) = fdl.parse_document(TWO, lambda name: name, "here")
    assert only.warnings == ()


def test_a_choice_that_is_none() -> None:
    with pytest.raises(fdl.FdlError) as caught:
        taken("nowhere")
    assert caught.value.problems == (
        "functions.oscar: has no service for cluster 'nowhere', but for here, there",
    )


def test_the_problems_of_a_document_are_bounded() -> None:
    entries = "".join(f"  - c: {{name: {n}, expose: {{api_port: 0}}}}\n" for n in range(200))
    with pytest.raises(fdl.FdlError) as caught:
        fdl.parse_document(f"functions:\n  oscar:\n{entries}", lambda name: name)
    assert len(caught.value.problems) == fdl.MOST_PROBLEMS + 1
    assert caught.value.problems[-1] == "document: and 500 more problems"


def test_what_is_odd_is_known_beside_what_is_wrong() -> None:
    with pytest.raises(fdl.FdlError) as caught:
        fdl.parse_service({"name": "n", "image": "i", "memroy": "1Gi"})
    assert caught.value.warnings == ("memroy: unknown field is ignored; did you mean memory?",)


def test_a_service_alone_that_is_not_exposed_is_held_to_all() -> None:
    text = "functions:\n  oscar:\n  - c: {name: A, image: i, script: s.sh}\nclusters: {a: {}}\n"
    with pytest.raises(fdl.FdlError) as caught:
        fdl.parse_document(text, lambda name: name)
    assert [one.split(":")[0] for one in caught.value.problems] == ["functions.oscar[0].name"]
    assert [one.split(":")[0] for one in caught.value.warnings] == ["clusters"]
