"""Heads of a pod's answers that are alike: all that differs is values that mean nothing but
themselves, and how long the body is.

`apart` takes such values out of a head. What is left, and what comes of it, is the same for all
heads that are alike: a `Form`, found once by an example with stand-ins for the values, and filled
with those of each head. A value with anything but printable ASCII stays where it is, so that its
head is like no other. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

_NAMES: Final = (
    "content-length date etag last-modified age expires server-timing traceparent "
    "openai-processing-ms ratelimit-remaining ratelimit-reset "
    "x-request-id x-correlation-id x-trace-id x-runtime x-process-time x-response-time "
    "x-ratelimit-remaining x-ratelimit-reset x-ratelimit-remaining-requests "
    "x-ratelimit-remaining-tokens x-ratelimit-reset-requests x-ratelimit-reset-tokens "
    "x-compute-time x-total-time x-validation-time x-queue-time x-inference-time "
    "x-time-per-token x-prompt-tokens x-generated-tokens x-envoy-upstream-service-time"
)
"""Of frameworks, proxies and inference servers, as they are written: in lower case, or each word
with a capital."""


def _spelled(name: str) -> str:
    words = (f"[{word[0].upper()}{word[0]}]{word[1:]}" for word in name.split("-"))
    return "-".join(words).replace("[Ee]tag", "[Ee][Tt]ag")


def _any(names: list[str]) -> str:
    """An expression for `names` that looks at a letter once."""
    own = [_spelled(name) for name in names if not name.startswith("x-")]
    others = [_spelled(name.removeprefix("x-")) for name in names if name.startswith("x-")]
    return f"{'|'.join(own)}|[Xx]-(?:{'|'.join(others)})"


_SPLIT: Final = re.compile(
    rb"(\r\n(?:" + _any(_NAMES.split()).encode() + rb"): )([!-~][ -~]{0,255}+(?<! ))(?=\r\n)"
).split
_VALUE: Final = re.compile(rb"[!-~][ -~]{0,255}+(?<! )").fullmatch
"""A value that `_SPLIT` takes."""
_LENGTH: Final = b"\r\ncontent-length: "

Common = tuple[bytes, ...]
"""What heads that are alike have in common, by the places of their values."""


def apart(raw: bytes) -> tuple[Common, list[bytes]]:
    """What a head has in common with others, and its own values."""
    parts = _SPLIT(raw)
    values = parts[2::3]
    del parts[2::3]
    return tuple(parts), values


def together(common: Common, values: list[bytes]) -> bytes:
    """The head that `common` and `values` make."""
    parts = [*common]
    for index, value in enumerate(values):
        parts[2 * index + 1] += value
    return b"".join(parts)


def stand_ins(raw: bytes, values: list[bytes]) -> list[bytes]:
    """A value in place of each, such as no other is and every field may have; none if `raw` has
    such values already."""
    found = [b"9%017d" % index for index, _ in enumerate(values)]
    return [] if any(one in raw for one in found) else found


@dataclass(frozen=True, slots=True)
class Near:
    """How a head begins, as far as the last of its values, and those before."""

    beginning: bytes
    values: list[bytes]


@dataclass(frozen=True, slots=True)
class Form:
    """What comes of heads that are alike."""

    template: bytes
    """The block for the client, with `%b` for each value."""
    order: itemgetter[Any]
    """Which values stand there."""
    length: int
    """Which value is the length of the body; -1: none is."""
    first: bytes
    """What is before the first value in each of the heads."""
    texts: list[tuple[bytes, int]]
    """What is behind each value, and how long that is; with the last of them the head ends."""

    def values(self, data: bytes, near: Near | None = None) -> tuple[list[bytes], Near, int] | None:
        """The values of a head like the others, which `data` begins with; what it begins with as
        far as its last value, and where that ends. None when it begins with none.

        What `apart` finds is found so in fewer steps, by whoever can guess what the head is like,
        and in the least if it begins as the one before did: most have the date of the same second.
        """
        if near is None or not data.startswith(near.beginning):
            near = self._near(data)
            if near is None:
                return None
        start = len(near.beginning)
        end = data.find(b"\r", start)
        value = data[start:end]
        text, length = self.texts[-1]
        if data[end : end + length] != text or not _VALUE(value):
            return None
        return [*near.values, value], near, end + length

    def _near(self, data: bytes) -> Near | None:
        start = len(self.first)
        if data[:start] != self.first:
            return None
        found = []
        for text, length in self.texts[:-1]:
            end = data.find(b"\r", start)
            value = data[start:end]
            start = end + length
            if data[end:start] != text or not _VALUE(value):
                return None
            found.append(value)
        return Near(data[:start], found)


def form(common: Common, names: list[bytes], block: bytes) -> Form | None:
    """What heads with this in `common` become, by the `block` that comes of one whose values are
    `names`; None when not each of these stands there once."""
    if any(block.count(name) != 1 for name in names):
        return None
    order = sorted(range(len(names)), key=lambda index: block.index(names[index]))
    template = block.replace(b"%", b"%%")
    for name in names:
        template = template.replace(name, b"%b")
    texts = [b"".join(common[2 * index + 2 : 2 * index + 4]) for index in range(len(names))]
    lengths = [index for index in order if common[2 * index + 1].lower() == _LENGTH]
    return Form(
        template,
        itemgetter(*order),
        lengths[0] if lengths else -1,
        b"".join(common[:2]),
        list(zip(texts, map(len, texts), strict=True)),
    )
