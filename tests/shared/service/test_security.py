"""The annotation by which a service asks for what pods are not let do."""

from __future__ import annotations

import pytest

from shared.service import fdl
from shared.service.security import ANNOTATION, CAPABILITIES, Security, parse, stated

BODY = {"name": "web", "image": "i", "script": "s", "expose": {"api_port": 80}}


@pytest.mark.parametrize(
    ("text", "security"),
    [
        ("", Security()),
        (" , \n", Security()),
        ("run-as-root", Security(run_as_root=True)),
        ("writable-root, default-capabilities", Security(False, True, True)),
        ("NET_BIND_SERVICE", Security(capabilities=("NET_BIND_SERVICE",))),
        ("cap_chown,CHOWN setuid", Security(capabilities=("CHOWN", "SETUID"))),
        ("user=1000", Security(user=1000)),
        ("user=2147483647", Security(user=2147483647)),
        (",".join(CAPABILITIES), Security(capabilities=CAPABILITIES)),
    ],
)
def test_words(text: str, security: Security) -> None:
    assert parse(text) == security
    assert stated({ANNOTATION: text}) == security


@pytest.mark.parametrize(
    "text", ["privileged", "SYS_ADMIN", "NET_ADMIN", "ALL", "user=0", "user=-1", "user=2147483648",
             "user=٣", "user=root", "Run-As-Root", "run-as-root user=1", "x" * 500]
)  # fmt: skip
def test_what_nobody_may_ask_for_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(fdl.FdlError) as caught:
        fdl.parse_service(BODY | {"annotations": {ANNOTATION: text}})
    (problem,) = caught.value.problems
    assert problem.startswith(f"annotations.{ANNOTATION}: ")
    assert len(problem) < 400
    assert stated({ANNOTATION: text}) == Security(), "what is stored asks for nothing"


def test_no_annotation_asks_for_nothing() -> None:
    assert stated({}) == Security()


@pytest.mark.parametrize("amount", ["much", "-1Gi", {"a": 1}])
def test_a_request_of_scratch_space_is_a_quantity(amount: object) -> None:
    with pytest.raises(fdl.FdlError, match="ephemeral_storage_request: "):
        fdl.parse_service(BODY | {"ephemeral_storage_request": amount})
