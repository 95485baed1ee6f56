"""From the bytes of a pod's response head to the head for the client.

What most requests need is prepared once for each distinct head and remembered; the unusual
(HTTP/1.0, HEAD, CORS, paths to rewrite) is rendered for the request at hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from gateway.memory import Budget, Memory
from gateway.protocol import headers
from gateway.protocol.canonical import canonical, end_of_head
from gateway.protocol.challenges import asks_login, renamed
from gateway.protocol.foreign import check_beginning, is_foreign, meaning
from gateway.protocol.framing import CHUNKED, CLOSE, DIGITS, parse_length, response_length
from gateway.protocol.http1 import ProtocolError, ResponseHead, parse_response, tokens
from gateway.routing import affinity, likeness
from gateway.routing.compose import via
from gateway.routing.cors import applied
from gateway.routing.references import outward, unchanged
from gateway.routing.session import private
from gateway.services import outliers
from gateway.services.addresses import Addresses

if TYPE_CHECKING:
    from gateway.limits import Limits
    from gateway.routing.likeness import Common, Form, Near
    from gateway.services.route import Plan
    from gateway.services.spec import Endpoint

REMEMBERED: Final = 1024
"""Heads."""
KEPT: Final = 8 * 1024 * 1024
"""Bytes of what is remembered of them."""
COMPARED: Final = 4096
"""Bytes of the longest head that a connection keeps to compare the next one with."""
NOTHING: Final[tuple[Common, list[bytes]]] = ((), [])
_DATE = re.compile(rb"\ndate:", re.IGNORECASE)
CONTINUE: Final = 100
SWITCHING: Final = 101
_ASKS: Final = 401
_ZERO: Final = ord("0")
_NO_BODY: Final = frozenset({204, 304})


@dataclass(slots=True, eq=False)
class Reply:
    """A response head of a pod, checked."""

    parts: ResponseHead | Replies
    """Its parts, or by what they are found when somebody asks: `head`."""
    status: int
    length: int
    """Bytes of the body when the request was not HEAD, or CHUNKED, or CLOSE."""
    reusable: bool
    """The pod keeps its connection open afterwards."""
    usual: bool
    """No field names a path."""
    plain: bool
    """It is usual, tells of no failure, and the pod's connection goes on."""
    faulty: bool
    """The status speaks against the pod."""
    named: bool
    """The pod gave a request id itself."""
    dated: bool
    """The pod said when it answered."""
    block: bytes
    """The head for an HTTP/1.1 client, up to what is fresh in each response."""
    raw: bytes
    """The head as it came, if others are worth to be compared with it."""
    form: Form | None = None
    """What it was made by, as those may be that follow it."""
    near: Near | None = None
    """How it begins, as those may do."""

    @property
    def head(self) -> ResponseHead:
        """Its parts."""
        if isinstance(self.parts, Replies):
            self.parts = _prepare(self.raw, self.parts).head
        return self.parts


class Replies:
    """What one gateway knows of response heads, and adds to them."""

    __slots__ = ("alike", "cors", "limits", "memory", "pseudonym")

    def __init__(self, limits: Limits, pseudonym: str, cors: bytes = b"") -> None:
        self.limits = limits
        self.cors = cors
        """Lines of the cross-origin policy for requests that name no origin."""
        self.pseudonym = pseudonym.encode("ascii")
        budget = Budget(KEPT)
        self.memory: Memory[bytes, Reply] = Memory(REMEMBERED, budget)
        self.alike: Memory[Common, tuple[Form, Reply]] = Memory(REMEMBERED, budget)
        """What comes of heads that are alike, with an example."""


def read(data: bytes, seen: int, replies: Replies) -> tuple[Reply, int] | None:
    """The first response head in `data`, and where it ends; None while more of it is to come.

    The first `seen` bytes were looked at before. Raises ProtocolError as soon as no head can come
    of them.
    """
    end = end_of_head(data, seen)
    if end:
        return prepare(data[:end], replies), end
    check_beginning(data, seen)
    if len(data) > replies.limits.head:
        raise ProtocolError("its head is too large")
    return None


def like(raw: bytes, replies: Replies) -> Reply | None:
    """The reply of a head that differs from others in nothing but values that pass as they are;
    None when there are no others, or its length is not as we would write it."""
    common, values = likeness.apart(raw) if len(raw) <= COMPARED else NOTHING
    known = replies.alike.get(common) if values else None
    if known is None or len(raw) > replies.limits.head:
        return None
    form, other = known
    return _filled(form, values, other, raw, replies)


def following(last: Reply, form: Form, data: bytes, replies: Replies) -> Reply | None:
    """The reply of the head that `data` begins with, if the head is like that of `last`, which was
    made by `form`; None when `like` or `read` has to say."""
    found = form.values(data, last.near)
    if found is None:
        return None
    values, near, end = found
    if end > COMPARED or end > replies.limits.head:
        return None
    return _filled(form, values, last, data[:end], replies, near)


def _filled(
    form: Form,
    values: list[bytes],
    other: Reply,
    raw: bytes,
    replies: Replies,
    near: Near | None = None,
) -> Reply | None:
    """The reply of the head `raw`, which is like that of `other` but for its `values`."""
    length, at = other.length, form.length
    if at >= 0:
        digits = values[at]
        if not digits.isdigit() or len(digits) > DIGITS or (digits[0] == _ZERO and digits != b"0"):
            return None  # it is not written as we would
        length = int(digits)
    return Reply(
        replies,
        other.status,
        length,
        other.reusable,
        other.usual,
        other.plain,
        other.faulty,
        other.named,
        other.dated,
        form.template % form.order(values),
        raw,
        form,
        near,
    )


def prepare(raw: bytes, replies: Replies) -> Reply:
    """Check the response head `raw` and remember the result, and what heads like it have in common;
    raises ProtocolError.

    A head that is right only in canonical form uses its connection up: the pod's next bytes may be
    as odd.
    """
    try:
        reply = _prepare(raw, replies)
    except ProtocolError:
        if is_foreign(raw):
            raise ProtocolError(meaning(raw)) from None
        reply = _prepare(canonical(raw), replies)
        reply.reusable = reply.plain = False
        reply.raw = b""
    if reply.plain and reply.raw:
        _learn(raw, replies)
    replies.memory.remember(raw, reply, 3 * len(raw))  # itself, its lines, and its block
    return reply


def _learn(raw: bytes, replies: Replies) -> None:
    """Remember what comes of heads like `raw`, if it is not the first of them."""
    common, values = likeness.apart(raw)
    if not values or common in replies.alike or not replies.alike.again(common):
        return
    names = likeness.stand_ins(raw, values)
    example = likeness.together(common, names)
    if not names or len(example) > replies.limits.head:
        return
    other = _prepare(example, replies)
    form = likeness.form(common, names, other.block)
    if form is not None:
        replies.alike.remember(common, (form, other), 3 * len(raw))


def _prepare(raw: bytes, replies: Replies) -> Reply:
    head = parse_response(raw, replies.limits)
    status = head.status
    special = head.special
    options = tokens(special[b"connection"]) if b"connection" in special else []
    if b"content-length" in special:
        special[b"content-length"] = b"%d" % parse_length(special[b"content-length"])
    bodyless = status < 200 or status in _NO_BODY
    length = 0 if bodyless else response_length(special, head.minor)
    reusable = b"close" not in options if head.minor else b"keep-alive" in options
    names = headers.listed(options)
    if names:
        head.lines = headers.without(head.lines, names)
        head.paths = [field for field in head.paths if field[0] not in names]
    head.lines += _own_lines(head, replies.pseudonym)
    offer = [b"Connection: upgrade"] if offers(head) else []
    reusable = reusable and length != CLOSE and not bodyless and not asks_login(raw)
    return Reply(
        head,
        status,
        length,
        reusable=reusable,
        usual=not head.paths,
        plain=reusable and not head.paths and status < HTTPStatus.INTERNAL_SERVER_ERROR,
        faulty=outliers.counts(status, retry_after=_says_when(head)),
        named=b"x-request-id" in special,
        dated=_DATE.search(raw) is not None,
        block=_block(
            head,
            [
                *applied(replies.cors, _challenges(head)),
                *(unchanged(*field) for field in head.paths),
                *_framing(head, length),
                *offer,
            ],
        ),
        raw=raw if len(raw) <= COMPARED else b"",
    )


def _says_when(head: ResponseHead) -> bool:
    return head.status == 503 and any(line[:12].lower() == b"retry-after:" for line in head.lines)


def render(reply: Reply, plan: Plan, endpoint: Endpoint) -> bytes:
    """The head as `plan` needs it from the pod at `endpoint`, up to what is fresh in each
    response."""
    head = reply.head
    lines = head.lines if not plan.route.shields else _challenges(head)
    lines = [*applied(plan.cors, lines), *_paths(head, plan, endpoint)]
    if plan.session or (plan.route.spec.affinity and plan.affinity != endpoint.mark):
        lines = private(lines)
    if plan.session:
        lines.append(b"Set-Cookie: " + plan.session)
    length = reply.length
    if plan.head_only and length < 0:
        pass  # how the body of a GET would be framed is not known here
    elif plan.minor or length >= 0:
        lines += _framing(head, length)
    return _block(head, lines)


def interim(reply: Reply, plan: Plan, endpoint: Endpoint) -> bytes:
    """A whole 1xx head but 101, as it is passed on at once."""
    return _block(reply.head, [*reply.head.lines, *_paths(reply.head, plan, endpoint)]) + b"\r\n"


def switching(reply: Reply, plan: Plan, endpoint: Endpoint, mark: str) -> bytes:
    """A whole 101 head from the pod `mark`: with its Upgrade, and with the cookies of a session and
    of affinity where they begin."""
    head = reply.head
    lines = [*head.lines, *_paths(head, plan, endpoint)]
    lines.append(b"Connection: upgrade\r\nUpgrade: " + head.special.get(b"upgrade", b""))
    if plan.session:
        lines.append(b"Set-Cookie: " + plan.session)
    return _block(head, lines) + affinity.bound(plan, mark) + b"\r\n"


def ending(plan: Plan, head: ResponseHead, *, keep: bool, mark: str) -> bytes:
    """What ends the head of an answer of the pod `mark`: the cookie that binds the client to it,
    the fate of the connection, and the empty line."""
    options = [b"upgrade"] if offers(head) else []
    if not keep:
        options.append(b"close")
    elif not plan.minor:
        options.append(b"keep-alive")
    fate = b"Connection: " + b", ".join(options) + b"\r\n" if options else b""
    return affinity.bound(plan, mark) + fate + b"\r\n"


def offers(head: ResponseHead) -> bool:
    """Whether the answer says which protocol is required (RFC 9110, section 15.5.22)."""
    return head.status == HTTPStatus.UPGRADE_REQUIRED and b"upgrade" in head.special


def switching_fault(reply: Reply, *, asked: bool) -> str:
    """What is wrong with a 101; empty when nothing is."""
    if not asked:
        return "101 without a request to upgrade"
    return "" if b"upgrade" in reply.head.special else "101 that names no protocol"


def _block(head: ResponseHead, lines: list[bytes]) -> bytes:
    text = head.status_text if len(head.status_text) > 3 else head.status_text + b" "
    return b"\r\n".join([b"HTTP/1.1 " + text, *lines, b""])


def _own_lines(head: ResponseHead, pseudonym: bytes) -> list[bytes]:
    special = head.special
    lines = []
    if b"x-request-id" in special:
        lines.append(b"X-Request-Id: " + special[b"x-request-id"])
    if offers(head):
        lines.append(b"Upgrade: " + special[b"upgrade"])
    lines.append(via(special, head.minor, pseudonym))
    return lines


def _challenges(head: ResponseHead) -> list[bytes]:
    """The lines of a pod's head, which asks for nothing in the gateway's name."""
    return [renamed(line) for line in head.lines] if head.status == _ASKS else head.lines


def _paths(head: ResponseHead, plan: Plan, endpoint: Endpoint) -> list[bytes]:
    addresses = Addresses(plan.public, plan.route.spec, endpoint)
    return [outward(name, value, addresses) for name, value in head.paths]


def _framing(head: ResponseHead, length: int) -> list[bytes]:
    """A body of unknown length goes to the client in chunks, whatever the pod did."""
    if length in (CHUNKED, CLOSE):
        return [b"Transfer-Encoding: chunked"]
    if b"content-length" in head.special and head.status >= 200 and head.status != 204:
        return [b"Content-Length: " + head.special[b"content-length"]]
    return []
