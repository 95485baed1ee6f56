"""What the pod gets of request heads of one shape: a form, to be filled with their values. Pure.

A form is made of a head that was read as a whole, and gives for others of its shape what reading
them would. It holds for one route table.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from gateway.protocol.framing import DIGITS
from gateway.protocol.http1 import PLAIN
from gateway.protocol.ids import id_line
from gateway.routing.vacancy import is_spared
from gateway.services.route import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.routing.shape import Shape

_blank: Final[Callable[[type[Request]], Request]] = Request.__new__
"""Nothing is set that a request has anyway: this is most of what a form costs."""


class Form:
    """`lines` is the head of which the planner made `model`, as its `shape` has it; `limit`: bytes
    that a body may have, 0 for no limit."""

    __slots__ = (
        "_id_line", "_length", "_length_at", "_most", "_name_at", "_order", "_plan", "_spares",
        "_text", "origin", "version",
    )  # fmt: skip

    def __init__(self, shape: Shape, lines: Sequence[bytes], model: Request, limit: int) -> None:
        self.origin = self.version = model.version
        """Of the route table that it was made for, and of the one that it holds for."""
        plan = self._plan = model.plan
        self._spares = plan.route.spares
        self._length_at = shape.place_of(b"content-length")
        self._length = model.length
        self._most = 0 if plan.upgrade else limit or 10**DIGITS
        self._name_at = shape.place_of(b"x-request-id")
        self._id_line = model.id_line
        self._text, self._order = _template(shape, lines, model)

    def close(self) -> None:
        """Hold for no table: what it gives is not right."""
        self.version = None

    def request(self, raw: bytes, rest: bytes, values: list[bytes]) -> Request | None:
        """The request whose head is `raw`, with `rest` below the prefix and `values` in its holes,
        all judged; None when it may not have such a body."""
        request = _blank(Request)
        request.plan = self._plan
        request.raw = raw
        request.version = self.version
        at = self._length_at
        if at >= 0:
            digits = values[at]
            length = request.length = int(digits)
            if length > self._most or len(digits) > DIGITS:
                return None
        elif self._length:
            request.length = self._length
        at = self._name_at
        if at >= 0:
            request.id_line = id_line(values[at])
        elif self._id_line:
            request.id_line = self._id_line
        if self._spares:
            request.spared = is_spared(self._plan.route, raw, rest)
        values.append(rest)
        request.head = self._text % self._order(values)
        return request


def _template(
    shape: Shape, lines: Sequence[bytes], model: Request
) -> tuple[bytes, Callable[[list[bytes]], Any]]:
    """The head for the pod with `%b` for each value, and which values these are, in order; the path
    stands behind those of the holes."""
    plan = model.plan
    prefix = b"" if plan.route.strips else plan.route.prefix
    text = _escaped(plan.start + prefix) + b"%b" + _escaped(plan.line_end)
    order, ending, ending_order = [len(shape.places)], b"", []
    for number in range(1, len(lines)):
        place = shape.places.get(number)
        line = _escaped(lines[number] if place is None else shape.beginning(number))
        filled = [] if place is None else [place]
        if place is not None:
            line += b"%b"
        if shape.kinds[number] is PLAIN:
            text += line + b"\r\n"
            order += filled
        elif shape.kinds[number] == b"content-length":
            value = line.partition(b":")[2].strip(b" \t")
            ending, ending_order = b"Content-Length: " + value + b"\r\n", filled
    return text + ending + _escaped(plan.fields), itemgetter(*order, *ending_order)


def _escaped(text: bytes) -> bytes:
    return text.replace(b"%", b"%%")
