"""The `volume` of a service: files that outlive its pods, read and written as OSCAR's JSON. Pure.

Called by `definition` alone. With a `size` the volume is the service's own, without one it is an
existing one, given by its name. Field names, rules and the words of refusals are OSCAR's; only what
becomes of a volume whose `lifecycle_policy` nobody wrote is not: it is retained, for data that
nobody asked to delete cannot be had back.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any, Final, get_args

from shared.service import quantity, syntax
from shared.service.model import LifecyclePolicy, Volume

if TYPE_CHECKING:
    from shared.service.fields import Fields

RESERVED: Final = ("/oscar/config", "/oscar/bin")
"""Where the script is, and where OSCAR keeps programs of its own."""
_LONGEST: Final = 1024
_MOST_BYTES: Final = 2**60


def read_volume(service: Fields, name: str) -> Volume | None:
    """The section `volume` of the service `name`; None where it is absent or holds zeros alone."""
    given = service.raw("volume")
    if given is None or (isinstance(given, dict) and not any(given.values())):
        return None
    with service.section("volume") as fields:
        own, size = fields.text("name").strip(), fields.parsed("size", default="", parse=_size)
        volume = Volume(
            mount_path=_mount_path(fields),
            name=own or name,
            size=size,
            lifecycle_policy=_policy(fields),
        )
        if not own and not fields.raw("size"):
            fields.error(
                "name",
                "volume.name is required when volume.size is not set; name an existing volume, "
                "or give the size of a new one, for example 1Gi",
            )
        if own and not syntax.is_dns_label(own):
            fields.error(
                "name",
                "volume.name must satisfy Kubernetes DNS-1123 naming rules: 1 to 63 lowercase "
                "letters, digits and '-', a letter or digit at both ends",
            )
    return volume


def _size(text: str) -> str:
    try:
        good = 1 <= quantity.parse(text.strip()) <= _MOST_BYTES
    except ValueError:
        good = False
    if not good:
        raise ValueError(
            f"volume.size must be a valid positive quantity of at most 1Ei, not {text[:40]!r}; "
            "write for example 1Gi"
        )
    return text.strip()


def _mount_path(fields: Fields) -> str:
    path = fields.text("mount_path").strip()
    if not path:
        if not isinstance(fields.raw("mount_path"), dict | list | bool):
            fields.error("mount_path", "volume.mount_path is required; write for example /data")
    elif not path.startswith("/"):
        fields.error("mount_path", f"volume.mount_path must be an absolute path, not {path[:60]!r}")
    elif len(path) > _LONGEST or ":" in path or not path.isprintable() or ".." in path.split("/"):
        fields.error(
            "mount_path",
            "volume.mount_path must be a plain path: without ':', '..' and control characters, "
            f"at most {_LONGEST} characters long",
        )
    elif any(_overlap(path, reserved) for reserved in RESERVED):
        fields.error(
            "mount_path",
            f"volume.mount_path cannot overlap OSCAR reserved paths ({', '.join(RESERVED)}); "
            "choose another folder, for example /data",
        )
    return path


def _overlap(path: str, reserved: str) -> bool:
    inner, outer = posixpath.normpath(path).lstrip("/"), reserved.lstrip("/")
    return f"{outer}/".startswith(f"{inner}/" if inner else "") or f"{inner}/".startswith(
        f"{outer}/"
    )


def _policy(fields: Fields) -> LifecyclePolicy:
    text = fields.text("lifecycle_policy").strip()
    if text and not fields.raw("size"):
        fields.error(
            "lifecycle_policy",
            "volume.lifecycle_policy is only valid when volume.size is set; an existing volume "
            "is never deleted with a service",
        )
    for policy in get_args(LifecyclePolicy):
        if text == policy:
            return policy  # type: ignore[no-any-return]
    if text:
        fields.error(
            "lifecycle_policy",
            f'volume.lifecycle_policy must be either "delete" or "retain", not {text[:40]!r}',
        )
    return "retain"


def volume_json(volume: Volume) -> dict[str, Any]:
    """The section with OSCAR's JSON names and order."""
    body = {"name": volume.name, "size": volume.size, "mount_path": volume.mount_path}
    if volume.size:
        body["lifecycle_policy"] = volume.lifecycle_policy
    return body
