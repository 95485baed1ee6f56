"""Heads that differ are filled into forms, and give what the planner gives: case by case.

Streams of heads made by chance are in `test_heads_differential`.
"""

from __future__ import annotations

import pytest

from benchmarks.hot_path.clients import CLIENTS, head
from gateway.limits import Limits
from gateway.memory import Budget
from gateway.protocol.ids import id_line
from gateway.routing import heads
from gateway.routing.compose import Profile
from gateway.routing.heads import Heads
from shared.service.scaling.waking import WakeExcept
from tests.gateway.routing.heads import OTHERS, TOKEN, Both

PREFIX = b"/system/services/echo/exposed"
TAUGHT = 6
"""Heads after which a client's shape is known, with what differs in it."""


def get(
    rest: bytes = b"/", *lines: bytes, method: bytes = b"GET", version: bytes = b"1.1"
) -> bytes:
    start = method + b" " + PREFIX + rest + b" HTTP/" + version
    return b"\r\n".join((start, b"Host: gw.test", *lines, b"", b""))


def post(length: bytes, *lines: bytes) -> bytes:
    return get(b"/", b"Content-Length: " + length, *lines, method=b"POST")


def taught(both: Both, *lines: bytes, method: bytes = b"GET") -> Both:
    """`both`, when it knows heads with `lines`, in which `%d` differs."""
    for number in range(TAUGHT):
        varied = [line.replace(b"%d", b"%d" % number) for line in lines]
        both.request(get(b"/%d" % number, *varied, method=method))
    assert both.filled
    return both


def fills(both: Both, raw: bytes) -> bool:
    """Whether `raw` was filled in; that it gives the same is seen to in any case."""
    before = both.filled
    both.request(raw)
    return both.filled > before


@pytest.mark.parametrize("client", CLIENTS)
def test_real_clients_are_filled_in_from_the_fifth_request_on(client: bytes) -> None:
    both = Both()
    for number in range(100):
        both.request(head(client, number, number))
    assert both.filled >= 95


def test_many_kinds_of_clients_are_known_at_a_time() -> None:
    both = Both()
    for number in range(600):
        both.request(head(CLIENTS[number % len(CLIENTS)], number, number))
    assert both.filled >= 570


@pytest.mark.parametrize(
    "rest",
    [
        b"/a/b.c",
        b"/a?b=c&d=e",
        b"/%C3%A9",
        b"//x",
        b"/a;b=1",
        b"/?q=%20",
        b'/"',
        b"/x?y?z",
        b"/~[]",
    ],
)
def test_paths_are_filled_in(rest: bytes) -> None:
    assert fills(taught(Both()), get(rest))
    assert fills(taught(Both(rewrite_target=True)), get(rest))


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b"?a",
        b"/..",
        b"/a/../b",
        b"/a/%2e%2e/b",
        b"/%252e",
        b"/%00",
        b"/a\\b",
        b"/a#b",
        b"/a b",
        b"/\xe9",
        b"/\x00",
        b"/a\rb",
        b"/?token=" + TOKEN,
        b"/?x=1&token=" + OTHERS,
        b"/?token=" + b"0" * 64,
        b"/" + b"x" * 5000,
        b"/?u=" + PREFIX + b"/ HTTP/1.1",
    ],
)
def test_odd_paths_are_the_planners(rest: bytes) -> None:
    assert not fills(taught(Both()), get(rest))
    assert not fills(taught(Both(set_auth=True, auth_type="forward"), _session()), get(rest))


def _session() -> bytes:
    return b"Authorization: Bearer " + TOKEN


@pytest.mark.parametrize("value", [b"", b"a b", b" two ", b"\xe9", b"\t", b"a=b", b"100%", b"%b"])
def test_values_of_fields_that_differ_are_filled_in(value: bytes) -> None:
    assert fills(
        taught(Both(), b"X-Own: %d", b"X-Last: 1"), get(b"/", b"X-Own: " + value, b"X-Last: 1")
    )


@pytest.mark.parametrize(
    "value",
    [
        b"a\x00",
        b"a\rb",
        b"a\nb",
        b"\x7f",
        b"\x1f",
        b"http://h/?token=" + TOKEN,
        b"http://h/?token=" + OTHERS,
        b"x\r\nX-More: 1",
        b"x\r\n folded",
    ],
)
def test_odd_values_are_the_planners(value: bytes) -> None:
    both = taught(Both(), b"Referer: %d", b"X-Last: 1")
    assert not fills(both, get(b"/", b"Referer: " + value, b"X-Last: 1"))


@pytest.mark.parametrize("length", [b"0", b"1", b"007", b"1" * 18])
def test_lengths_are_filled_in(length: bytes) -> None:
    both = taught(Both(), b"Content-Length: %d", method=b"POST")
    assert fills(both, post(length))
    assert both.request(post(length)).length == int(length)


@pytest.mark.parametrize(
    "length",
    [b"", b"+1", b"-1", b"1_0", b"0x1", b"1 ", b" 1", b"1, 1", b"\xb2", b"1" * 19, b"0" * 19],
)
def test_odd_lengths_are_the_planners(length: bytes) -> None:
    assert not fills(taught(Both(), b"Content-Length: %d", method=b"POST"), post(length))


def test_a_body_beyond_the_limit_is_refused() -> None:
    both = taught(Both(Limits(body=100)), b"Content-Length: %d", method=b"POST")
    assert fills(both, post(b"100"))
    assert not fills(both, post(b"101"))
    assert both.request(post(b"101")).answer is not None


def test_a_length_that_stays_is_told_as_well() -> None:
    both = taught(Both(), b"Content-Length: 5", b"X-Own: %d", method=b"POST")
    raw = get(b"/z", b"Content-Length: 5", b"X-Own: z", method=b"POST")
    assert fills(both, raw)
    assert both.request(raw).length == 5


def test_an_upgrade_has_no_body() -> None:
    lines = (b"Connection: upgrade", b"Upgrade: websocket")
    both = Both()
    for number in range(TAUGHT):
        both.request(get(b"/%d" % number, *lines, b"Content-Length: 0" + b"0" * number))
    assert fills(both, get(b"/", *lines, b"Content-Length: 000000000"))
    assert not fills(both, get(b"/", *lines, b"Content-Length: 1"))
    assert both.request(get(b"/", *lines, b"Content-Length: 1")).answer is not None


def test_request_ids_are_told_again() -> None:
    both = taught(Both(), b"X-Request-Id: a-%d")
    assert fills(both, get(b"/", b"X-Request-Id: one"))
    assert both.request(get(b"/", b"X-Request-Id: one")).id_line == id_line(b"one")
    for odd in (b"", b"a b", b"x" * 129, b"\xe9", b"a "):
        assert not fills(both, get(b"/", b"X-Request-Id: " + odd))
        assert not both.request(get(b"/", b"X-Request-Id: " + odd)).id_line or odd == b"a "


def test_a_request_id_that_stays_is_told_as_well() -> None:
    both = taught(Both(), b"X-Request-Id: same")
    assert both.request(get(b"/z", b"X-Request-Id: same")).id_line == id_line(b"same")


def test_fields_that_decide_are_looked_up() -> None:
    """Each of two users has a form; who has a wrong token is refused as before."""
    both = Both(set_auth=True)
    good, wrong = b"Authorization: Bearer " + TOKEN, b"Authorization: Bearer " + OTHERS
    for number in range(12):
        answer = both.request(get(b"/%d" % number, good, b"Cookie: user=%d" % (number % 2))).answer
        assert answer is None
        assert both.request(get(b"/%d" % number, wrong, b"Cookie: user=1")).answer is not None
    assert both.filled >= 4
    assert not fills(both, get(b"/", wrong, b"Cookie: user=1"))
    assert not fills(both, get(b"/", good, b"Cookie: user=9"))
    assert fills(both, get(b"/", good, b"Cookie: user=1"))


def test_what_a_changed_definition_says_holds_at_once() -> None:
    both = taught(Both(), b"X-Own: %d")
    assert fills(both, get(b"/", b"X-Own: x"))
    both.define(set_auth=True)
    assert not fills(both, get(b"/", b"X-Own: x"))
    assert both.request(get(b"/", b"X-Own: x")).answer is not None
    both.define(set_auth=False, rewrite_target=True)
    both.request(get(b"/", b"X-Own: y"))
    assert fills(both, get(b"/", b"X-Own: z"))
    assert both.request(get(b"/q", b"X-Own: z")).head.startswith(b"GET " + PREFIX + b"/q HTTP/1.1")


def test_who_wakes_nothing_is_judged_each_time() -> None:
    spared = WakeExcept(paths=("/health",), user_agents=("bot",))
    both = taught(Both(wake_except=spared), b"User-Agent: curl/%d")
    for rest, agent, expected in (
        (b"/health", b"curl", True),
        (b"/health?x", b"curl", True),
        (b"/", b"curl", False),
        (b"/", b"a Bot", True),
    ):
        raw = get(rest, b"User-Agent: " + agent)
        assert fills(both, raw)
        assert both.request(raw).spared is expected


@pytest.mark.parametrize(
    "lines",
    [
        (b"Connection: x-own", b"X-Own: 1"),
        (b"Destination: http://gw.test" + PREFIX + b"/b",),
        (b"If: <http://gw.test" + PREFIX + b"/b>",),
        (b"Referer: http://gw.test/?token=" + OTHERS,),
    ],
)
def test_a_form_that_would_give_something_else_is_not_used(lines: tuple[bytes, ...]) -> None:
    both = Both()
    for number in range(3 * TAUGHT):
        both.request(get(b"/%d" % number, *lines))
    assert both.filled == 0


def test_other_versions_methods_and_fields_are_other_shapes() -> None:
    both = taught(Both(), b"X-Own: %d")
    for raw in (
        get(b"/", b"X-Own: 1", version=b"1.0"),
        get(b"/", b"X-Own: 1", method=b"HEAD"),
        get(b"/", b"x-own: 1"),
        get(b"/", b"X-Own: 1", b"X-More: 1"),
        get(b"/"),
        get(b"/", b"X-Own:  1").replace(b"Host: ", b"Host:  "),
    ):
        assert not fills(both, raw), raw


def test_chunked_and_expecting_requests_are_filled_in() -> None:
    lines = (b"Transfer-Encoding: chunked", b"Expect: 100-continue", b"X-Own: %d")
    both = taught(Both(), *lines, method=b"POST")
    request = both.request(get(b"/z", *lines[:2], b"X-Own: z", method=b"POST"))
    assert request.plan.chunked
    assert request.plan.expects
    odd = get(b"/", *lines[:2], b"X-Own: z", b"Content-Length: 1", method=b"POST")
    assert both.request(odd).answer is not None


def test_what_a_trusted_proxy_says_decides() -> None:
    both = Both(profile=Profile(b"http", trusted=True))
    for number in range(20):
        client = b"X-Forwarded-For: 192.0.2.%d" % (number % 2)
        both.request(get(b"/%d" % number, client, b"X-Own: %d" % number))
    assert both.filled >= 6


def test_a_head_that_comes_again_and_again_is_looked_up_as_a_whole() -> None:
    both = taught(Both())
    raw = get(b"/again")
    for _ in range(2 * heads.OFTEN):
        both.request(raw)
    assert raw in both.heads


def test_the_shapes_that_come_often_stay() -> None:
    both = taught(Both(), b"X-Own: %d")
    for number in range(30 * heads.SHAPES):
        both.request(get(b"/%d" % number, b"X-%d: 1" % (number // 3)))
        for again in range(heads.OFTEN):
            assert fills(both, get(b"/%d-%d" % (number, again), b"X-Own: x"))


def test_strange_heads_in_turn_are_not_each_looked_at_and_a_known_one_ends_that() -> None:
    both = taught(Both())
    for number in range(3 * heads.PATIENCE + 1):
        both.request(get(b"/", b"X-%d: 1" % number))
    tries = 0
    while not fills(both, get(b"/%d" % tries)):
        tries += 1
    assert 0 < tries <= heads.SELDOM
    assert fills(both, get(b"/x"))


def test_what_is_remembered_stays_in_its_budget() -> None:
    budget = Budget(200_000)
    both = Both()
    both.heads = Heads(16, budget, both.limits)
    for number in range(4000):
        kind = number // 40
        both.request(
            get(b"/%d" % number, b"X-%d: %d" % (kind, number), b"Cookie: %d" % (number % 3))
        )
        assert budget.kept <= budget.size
    assert both.filled > 1000


def test_shapes_that_grow_are_counted() -> None:
    """The first of a method's heads is small, those after it are not."""
    budget = Budget(300_000)
    both = Both()
    both.heads = Heads(1024, budget, both.limits)
    for number in range(60):
        method = bytes((65 + number % 26, 65 + number // 26))
        for kind in range(heads.SHAPES):
            field = b"X-%d: %b" % (kind, b"x" * (3000 if kind else 1))
            for again in range(2):  # a path of its own: no head comes twice
                both.request(get(b"/%d-%d-%d" % (number, kind, again), field, method=method))
                both.heads._filled += 1  # as others would, so that all are looked at
        shapes = [one for known in both.heads._shapes.values() for one in known]
        assert sum(len(line) for one in shapes for line in one.lines) <= both.heads._shapes._spent
    assert shapes


def test_users_without_number_have_no_forms() -> None:
    both = Both()
    for number in range(1000):
        both.request(get(b"/", b"Cookie: user=%d" % number))
    shapes = both.heads._shapes[b"GET " + PREFIX]
    assert [len(shape.forms) for shape in shapes] == [0]
