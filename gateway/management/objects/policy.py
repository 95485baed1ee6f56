"""What a cluster wants of the pods and volumes of all services: settings, as values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from shared.service import names

AccessMode = Literal["ReadWriteMany", "ReadWriteOnce"]
ACCESS_MODES: Final = get_args(AccessMode)


@dataclass(frozen=True, slots=True)
class Policy:
    """Holds for what is written from now on; what runs already stays as it is."""

    storage_class: str = ""
    """StorageClass of new volumes; empty: the cluster's default."""
    access_mode: AccessMode = "ReadWriteMany"
    """Of new volumes, as OSCAR's; ReadWriteOnce keeps the pods of a service on one node."""
    largest_volume: str = "100Gi"
    """The most that a definition may ask for, as a quantity."""
    run_as_non_root: bool = False
    """Pods whose image's user is root are not started."""
    read_only_root: bool = False
    """Containers write to /tmp and their volume alone."""
    namespace: str = names.NAMESPACE
    """Where the services are that this is for."""


DEFAULT: Final = Policy()
