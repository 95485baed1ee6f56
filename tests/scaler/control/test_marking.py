from __future__ import annotations

from scaler.control.marking import AGAIN, Marking, granted, question


def test_an_answer_holds_for_a_while_and_for_its_namespace() -> None:
    marking = Marking()
    assert marking.known("a", 0.0) is None
    marking.learn("a", False, 0.0)
    assert marking.known("a", AGAIN - 1) is False
    assert marking.known("b", 1.0) is None
    assert marking.known("a", AGAIN) is None
    marking.learn("a", True, AGAIN)
    assert marking.known("a", AGAIN + 1) is True


def test_namespaces_that_are_not_asked_for_are_forgotten() -> None:
    marking = Marking()
    for index in range(1000):
        marking.learn(f"n{index}", True, index * AGAIN)
    assert len(marking._answers) <= 3


def test_what_is_no_answer_grants_nothing() -> None:
    assert granted({"status": {"allowed": True}})
    assert not granted({"status": {"allowed": False}})
    assert not granted({})
    assert question("ns")["spec"]["resourceAttributes"]["namespace"] == "ns"
