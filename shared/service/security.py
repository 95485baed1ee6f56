"""What a service asks its cluster to let its pods do: an annotation of its definition. Pure.

Pods run with as few rights as an image needs at the least, and a cluster may forbid them more. An
image that needs what is withheld says so in `annotations`, which every client of OSCAR keeps: the
words of `oscar.grycap.io/security`. Checked by `fdl`, obeyed by the services API; what is possible
is what the baseline profile of the Pod Security Standards allows, whoever asks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.service.fields import Fields

ANNOTATION: Final = "oscar.grycap.io/security"
CAPABILITIES: Final = (
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
    *("NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
)
"""What the profile "baseline" lets a container add."""
_USER: Final = re.compile(r"user=([1-9][0-9]{0,9})", re.ASCII)
_MOST: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Security:
    """What the pods of a service need beyond the least."""

    run_as_root: bool = False
    """The image's user is root, though the cluster wants another."""
    writable_root: bool = False
    """The container writes outside of /tmp and its volume, though the cluster forbids it."""
    default_capabilities: bool = False
    """The container keeps the capabilities that the container runtime gives."""
    capabilities: tuple[str, ...] = ()
    """Capabilities it gets besides, without the prefix CAP_."""
    user: int | None = None
    """The number of the user to run as, in place of the image's."""


def parse(text: str) -> Security:
    """What the words of the annotation ask for; raises ValueError, with a sentence for the user."""
    words = re.split(r"[\s,]+", text.strip(" ,\t\n"))
    flags: set[str] = set()
    capabilities: dict[str, None] = {}
    user: int | None = None
    for word in filter(None, words):
        name = word.upper().removeprefix("CAP_")
        if word in ("run-as-root", "writable-root", "default-capabilities"):
            flags.add(word)
        elif name in CAPABILITIES:
            capabilities[name] = None
        elif (match := _USER.fullmatch(word)) and int(match[1]) <= _MOST:
            user = int(match[1])
        else:
            raise ValueError(_unknown(word))
    if user is not None and "run-as-root" in flags:
        raise ValueError(f"user={user} and run-as-root contradict each other; give one of them")
    return Security(
        run_as_root="run-as-root" in flags,
        writable_root="writable-root" in flags,
        default_capabilities="default-capabilities" in flags,
        capabilities=tuple(capabilities),
        user=user,
    )


def stated(annotations: Mapping[str, str]) -> Security:
    """What a stored definition asks for; what cannot be read asks for nothing."""
    try:
        return parse(annotations.get(ANNOTATION, ""))
    except ValueError:
        return Security()


def check(fields: Fields, annotations: Mapping[str, str]) -> None:
    """Add a problem to `fields`, those of a service, if its annotation cannot be read."""
    try:
        parse(annotations.get(ANNOTATION, ""))
    except ValueError as error:
        fields.error(f"annotations.{ANNOTATION}", str(error))


def _unknown(word: str) -> str:
    return (
        f"{word[:40]!r} is none of run-as-root, writable-root, default-capabilities, user=NUMBER "
        f"and the capabilities {', '.join(CAPABILITIES)}"
    )
