"""What the messages of a command's channels mean."""

from __future__ import annotations

import pytest

from shared.embedded.streaming import channels
from shared.embedded.streaming.channels import V4, V5, InputEnd, Resized, Typed


@pytest.mark.parametrize(
    ("message", "protocol", "said"),
    [
        (b"\0abc", V5, Typed(b"abc")),
        (b"\0", V5, None),
        (b"", V5, None),
        (b"\xff\0", V5, InputEnd()),
        (b"\xff\0", V4, None),
        (b"\xff\x01", V5, None),
        (b'\x04{"Width":80,"Height":24}', V4, Resized(80, 24)),
        (b'\x04{"Width":0,"Height":24}', V4, None),
        (b'\x04{"Width":70000,"Height":24}', V4, None),
        (b'\x04{"Width":"80","Height":24}', V4, None),
        (b"\x04[1]", V4, None),
        (b"\x04{", V4, None),
        (b"\x01output", V5, None),
    ],
)
def test_messages_of_a_client(message: bytes, protocol: str, said: channels.Input | None) -> None:
    assert channels.read(message, protocol) == said


def test_the_status_tells_the_exit_code_where_kubectl_looks_for_it() -> None:
    assert channels.exit_status(0) == {"metadata": {}, "status": "Success"}
    failed = channels.exit_status(3)
    assert failed["reason"] == "NonZeroExitCode"
    assert failed["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]
