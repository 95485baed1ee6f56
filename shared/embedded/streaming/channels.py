"""The messages of kubectl exec and attach over a WebSocket, as bytes in, values out. Pure.

Used by `relay`'s clients in `http`. Each message begins with the number of its channel; in version
5 a client can end one. Sources: KEP-3396 and KEP-4006; the status at the end is that of
k8s.io/kubelet/pkg/cri/streaming.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

if TYPE_CHECKING:
    from shared.embedded.api.sessions import Output
    from shared.service.objects import Obj

V4: Final = "v4.channel.k8s.io"
V5: Final = "v5.channel.k8s.io"
STDIN: Final = 0
NUMBERS: Final[dict[Output, int]] = {"stdout": 1, "stderr": 2}
ERROR: Final = 3
RESIZE: Final = 4
CLOSE: Final = 255
_LARGEST: Final = 0xFFFF


class Typed(NamedTuple):
    """Bytes for the command's standard input."""

    data: bytes


class InputEnd(NamedTuple):
    """The standard input has ended."""


class Resized(NamedTuple):
    """The client's window, in characters."""

    columns: int
    rows: int


Input = Typed | InputEnd | Resized


def read(message: bytes, protocol: str) -> Input | None:
    """What a client's message means; None for one that means nothing here."""
    if not message:
        return None
    channel, content = message[0], message[1:]
    if channel == STDIN and content:
        return Typed(content)
    if channel == RESIZE:
        return resized(content)
    if channel == CLOSE and protocol == V5 and content == bytes([STDIN]):
        return InputEnd()
    return None


def resized(text: bytes) -> Resized | None:
    """`{"Width": 80, "Height": 24}`; None for anything else."""
    try:
        size = orjson.loads(text)
    except ValueError:
        return None
    if not isinstance(size, dict):
        return None
    columns, rows = (_length(size.get(name)) for name in ("Width", "Height"))
    return Resized(columns, rows) if columns and rows else None


def _length(value: object) -> int:
    """In characters; 0 for what is none."""
    return value if isinstance(value, int) and 0 < value <= _LARGEST else 0


def exit_status(code: int) -> Obj:
    """The `Status` that tells how the command ended."""
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    ended = f"command terminated with exit code {code}"
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: {ended}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }
