"""Messages of gateways, right and wrong."""

from __future__ import annotations

import orjson
import pytest

from scaler.sources.wake import Wake, read


@pytest.mark.parametrize(
    "message",
    ["{", "[]", '{"wake": 1}', '{"wake": {"at": 1}}', '{"wake": {"service": "a", "at": ""}}'],
)
def test_what_is_no_message_is_refused(message: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(message)


def test_messages_of_later_versions_are_passed_over() -> None:
    assert read('{"hello": 1}') is None
    found = read(orjson.dumps({"wake": {"service": "a", "at": 3, "cause": "tea", "more": 1}}))
    assert found == Wake("a", 3.0, "a request")
