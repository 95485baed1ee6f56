"""Fields for the pod, one rule each; `test_plan` has them together."""

from __future__ import annotations

from gateway.routing.compose import own_fields, via


def test_own_fields_pass_by_their_rule() -> None:
    found = {
        b"authorization": b"Bearer app",
        b"cookie": b"a=b; oscar_service_my_app_auth=T",
        b"expect": b"100-continue",
        b"upgrade": b"websocket",
        b"te": b"trailers",
        b"proxy": b"x",
    }
    assert own_fields(found, "my-app", upgrade=True, chunked=True) == [
        b"Authorization: Bearer app",
        b"Cookie: a=b",
        b"Expect: 100-continue",
        b"Transfer-Encoding: chunked",
        b"Connection: upgrade\r\nUpgrade: websocket",
    ]
    session = {b"cookie": b"oscar_service_my_app_auth=T"}
    assert own_fields(session, "my-app", upgrade=False, chunked=False) == []


def test_via_names_the_version_that_was_received() -> None:
    assert via({}, 1, b"gw") == b"Via: 1.1 gw"
    assert via({b"via": b"1.1 a, 1.0 b"}, 0, b"gw") == b"Via: 1.1 a, 1.0 b, 1.0 gw"
