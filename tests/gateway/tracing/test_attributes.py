"""What a span tells: paths without queries, names that are few, and whose fault it was."""

from __future__ import annotations

import pytest

from gateway.protocol.reasons import REASONS
from gateway.tracing.attributes import LONGEST_PATH, Outcome, failed, path


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        (b"/a/b?token=secret", "/a/b"),
        (b"/a;Token=secret;b/c", "/a;Token=REDACTED;b/c"),
        (b"/a#token=secret", "/a"),
        (b"http://user:secret@host/a?b", "/a"),
        (b"http://user:secret@host", ""),
        (b"user:secret@host:443", ""),
        (b"*", ""),
        (b"", ""),
        (b"/" + b"x" * 5000, "/" + "x" * (LONGEST_PATH - 1)),
        (b"/\xff", "/ÿ"),
    ],
)
def test_of_a_target_only_the_path_is_told(target: bytes, shown: str) -> None:
    assert path(target) == shown


def ended(status: int, reason: str = "") -> Outcome:
    return Outcome(status, reason, "", None, retries=0, cold=False, switched=False, request_id="")


def test_a_request_fails_by_the_gateways_fault_or_the_pods() -> None:
    assert not any(failed(ended(status)) for status in (101, 200, 302, 404))
    assert failed(ended(500))
    assert failed(ended(200, "upstream_closed"))
    assert not failed(ended(503, "starting")), "a browser is told to wait"
    for name, reason in REASONS.items():
        if name != "starting":
            assert failed(ended(reason.status, name)) == (reason.status >= 500)
