"""What is remembered of request heads of one kind of connection: whole, and by shape. Pure.

A head that came before is looked up as a whole. One that is like others of the same client but for
some values is filled into a form (`shaped`); whatever is odd about it is left to the planner. What
the planner makes is learned from: two heads with the same fields show where these clients' heads
differ. An attacker, whose heads are never alike, pays for that, and is not looked at each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.memory import Budget, Memory
from gateway.routing.form import Form
from gateway.routing.match import PLAIN_LINE
from gateway.routing.shape import Shape
from gateway.services.route import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.limits import Limits
    from gateway.services.route import RouteTable

Shapes = tuple[Shape, ...]

SHAPES: Final = 6
"""For each method of a service."""
FORMS: Final = 512
"""Of each shape: what its special fields differ in, as cookies do."""
MOST_HOLES: Final = 12
"""A shape with more is no faster than reading the whole head."""
LONGEST: Final = 4096
"""Bytes of a head that is of a shape."""
WEIGHT: Final = 4
"""Of a shape or a form, in heads."""
OFTEN: Final = 32
"""Each so-manyth head that was filled in is noted."""
PATIENCE: Final = 64
"""Heads in turn of which none was of a shape; from then on, one of SELDOM is looked at."""
SELDOM: Final = 16


class Place:
    """Where the first hole is in heads that begin alike, which are of one shape; what their line
    says below `where`, the method and prefix, is `rest`."""

    __slots__ = ("beginning", "rest", "shape", "start", "where")

    def __init__(self, where: bytes, rest: bytes, shape: Shape, beginning: bytes) -> None:
        self.where = where
        self.rest = rest
        self.shape = shape
        self.beginning = beginning
        self.start = len(beginning)


class Heads(Memory[bytes, Request]):
    """Requests by their heads, `size` at most; `get` is the dict's own."""

    __slots__ = (
        "_body", "_filled", "_filled_then", "_longest_head", "_places", "_shapes", "_vain",
    )  # fmt: skip

    def __init__(self, size: int, budget: Budget, limits: Limits) -> None:
        super().__init__(size, budget)
        self._body = limits.body
        self._longest_head = min(LONGEST, limits.head, limits.line)
        self._shapes: Memory[bytes, Shapes] = Memory(size, budget)
        """By method and prefix."""
        self._places: Memory[bytes, Place] = Memory(size, budget)
        """By whole lines: the last that came often."""
        self._filled = self._filled_then = 0
        self._vain = 0

    def shaped(self, raw: bytes, table: RouteTable) -> Request | None:
        """The request whose head is `raw`, its empty line included, as the planner would make it;
        None when it takes the planner to say."""
        if len(raw) > self._longest_head or (self._vain > PATIENCE and self._vain % SELDOM):
            return None
        line = raw[: raw.find(b"\r")]
        place = self._places.get(line)
        values = None
        if place is not None and raw.startswith(place.beginning):
            where, rest, shape, start = place.where, place.rest, place.shape, place.start
            values = shape.values(raw, start)
        if values is None:
            found = self._searched(raw)
            if found is None:
                return None
            where, rest, shape, start, values = found
        form: Form | None = shape.forms.get(b"" if shape.key is None else shape.key(values))
        if form is None or form.version is not table.version:
            self._places.pop(line, None)  # its shape may be none of ours any more
            return None
        self._filled = filled = self._filled + 1
        request = form.request(raw, rest, values)
        if not filled % OFTEN and request is not None:
            self._note(raw, request, line, Place(where, rest, shape, raw[:start]))
        return request

    def _searched(self, raw: bytes) -> tuple[bytes, bytes, Shape, int, list[bytes]] | None:
        """Method and prefix of a head, what follows them, its shape, where the first hole is, and
        what stands in all of them; None when it is of no shape, or has a line that is not plain."""
        line = PLAIN_LINE(raw)
        if line is None:
            return None
        where, rest = line.groups()
        end = line.end(2)
        for shape in self._shapes.get(where, ()):
            first = shape.first
            start = end + len(first)
            if raw[end:start] == first:  # twice as fast as `startswith`
                values = shape.values(raw, start)
                if values is not None:
                    return where, rest, shape, start, values
        return None

    def _note(self, raw: bytes, request: Request, line: bytes, place: Place) -> None:
        """A head like this comes often: let it be looked up as a whole, its place by its line, and
        its shape be tried first."""
        self.remember(raw, request, 3 * len(raw))
        self._places.remember(line, place, 2 * place.start)
        where, shape = place.where, place.shape
        known = self._shapes.get(where, ())
        if known and known[0] is not shape:
            self._shapes[where] = (shape, *[one for one in known if one is not shape])

    def learn(self, raw: bytes, request: Request, table: RouteTable) -> None:
        """Take note of what the planner made of the head `raw`; refusals are left out: they are
        what attackers vary."""
        if request.answer is not None:
            return
        self.remember(raw, request, 3 * len(raw))  # itself, its head, its plan
        if len(raw) > self._longest_head or self._in_vain():
            return
        line = PLAIN_LINE(raw)
        if line is None:
            return
        end = line.end(2)
        lines = raw[end:-4].split(b"\r\n")
        shape = self._shape(line[1], lines, WEIGHT * len(raw))
        if shape is not None and raw.startswith(shape.first, end):
            values = shape.values(raw, end + len(shape.first))
            if values is not None:
                self._form(shape, lines, request, line[2], values, table)

    def _in_vain(self) -> bool:
        """Whether no head was filled in for so long that not each one is looked at."""
        if self._filled != self._filled_then:
            self._filled_then = self._filled
            self._vain = 0
        self._vain += 1
        return self._vain > PATIENCE and self._vain % SELDOM != 0

    def _shape(self, where: bytes, lines: Sequence[bytes], weight: int) -> Shape | None:
        """The shape of `lines`, known or made, if their fields came before."""
        for shape in self._shapes.get(where, ()):
            more = shape.differing(lines)
            if more is not None:
                holes = shape.holes | more
                if not more or len(holes) > MOST_HOLES:
                    return None if more else shape
                shape.forms.forget()
                return self._made(where, shape.lines, holes, weight)
        names = [line[: line.find(b":")] for line in lines]
        if not self._budget.seen((where, *names)):
            return None
        return self._made(where, lines, frozenset(), weight)

    def _made(
        self, where: bytes, lines: Sequence[bytes], holes: frozenset[int], weight: int
    ) -> Shape:
        """A new shape, in the place of one of the same lines, or of that which came longest ago."""
        made = Shape(lines, holes, Memory(FORMS, self._budget))
        self._shapes.charge(weight)
        others = [one for one in self._shapes.get(where, ()) if one.lines is not lines]
        for old in others[SHAPES - 1 :]:
            old.forms.forget()
        self._shapes.keep(where, (made, *others[: SHAPES - 1]), 0)
        return made

    def _form(
        self,
        shape: Shape,
        lines: Sequence[bytes],
        model: Request,
        rest: bytes,
        values: list[bytes],
        table: RouteTable,
    ) -> None:
        """Make the form that gives `model`, and see that it gives just that."""
        key = b"" if shape.key is None else shape.key(values)
        known: Form | None = shape.forms.get(key)
        if known is not None and known.origin is table.version:
            return
        if key and known is None and not self._budget.seen((shape, key)):
            return
        form = Form(shape, lines, model, self._body)
        made = form.request(model.raw, rest, values)
        if made is None or not made.equals(model):
            form.close()
        shape.forms.keep(key, form, WEIGHT * len(model.raw))
