"""What clients of gRPC hear of a refusal."""

from __future__ import annotations

import pytest

from gateway.protocol import grpc
from gateway.protocol.reasons import REASONS, Refusal
from gateway.protocol.responses import render
from tests.gateway.harness import head_fields


@pytest.mark.parametrize(
    ("kind", "is_call"),
    [
        ("application/grpc", True),
        ("application/grpc+proto", True),
        ("Application/GRPC; charset=x", True),
        ("application/grpc-web", False),
        ("application/grpc-web+proto", False),
        ("application/json", False),
        ("", False),
    ],
)
def test_who_speaks_it(kind: str, is_call: bool) -> None:
    assert grpc.asked(f"POST / HTTP/1.1\r\ncontent-type: {kind}\r\n\r\n".encode()) is is_call


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("unauthorized", 16),
        ("unknown_service", 12),
        ("too_many_connections", 14),
        ("connect_failed", 14),
        ("starting", 14),
        ("connect_timeout", 14),
        ("first_byte_timeout", 4),
        ("body_too_large", 8),
        ("client_gone", 1),
        ("method_not_allowed", 2),
    ],
)
def test_the_status_of_a_reason(reason: str, code: int) -> None:
    assert f"\r\ngrpc-status: {code}\r\n".encode() in grpc.lines(REASONS[reason].status, reason, "")


def test_a_message_is_encoded_as_grpc_has_it() -> None:
    assert b"\r\ngrpc-message: 100%25 of %C3%A9t%C3%A9%0A\r\n" in grpc.lines(
        503, "", "100% of été\n"
    )


@pytest.mark.parametrize("reason", REASONS)
def test_a_refusal_is_one_head(reason: str) -> None:
    answer = render(Refusal(reason), service="echo", call=True, request_id="7", date=b"Date: x\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n")
    found = head_fields(answer)
    assert found[b"content-type"] == b"application/grpc"
    assert found[b"content-length"] == b"0"
    assert found[b"x-gateway-error"] == reason.encode()
    assert int(found[b"grpc-status"]) > 0
