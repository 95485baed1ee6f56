"""The objects of one service as they were read, and whose they are. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.management.objects import kept
from shared.service import names, stored
from shared.service.objects import annotations_of, labels_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.service.objects import Obj

Place = tuple[str, str]
"""Kind and name."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is of service `name`; the root was read last, so none of it is of a later one."""

    name: str
    root: Obj | None
    """The ConfigMap of that name, be it a service's or not."""
    objects: Mapping[Place, Obj]

    @property
    def secret(self) -> Obj | None:
        """The Secret of the token."""
        return self.objects.get(("Secret", names.token_secret(self.name)))

    @property
    def environment(self) -> Obj | None:
        """The Secret of `environment.secrets`, if it is that."""
        secret = self.objects.get(("Secret", names.environment_secret(self.name)))
        return None if secret is None or self.is_foreign(secret) else secret

    @property
    def deployment(self) -> Obj | None:
        """The Deployment."""
        return self.objects.get(("Deployment", names.deployment(self.name)))

    @property
    def revision(self) -> str:
        """The revision that the ConfigMap names; "" for one of an earlier version of ours."""
        return annotations_of(self.root).get(names.REVISION, "")

    @property
    def is_service(self) -> bool:
        """Whether the ConfigMap is a service that we made: others do not state a token's digest."""
        root = self.root
        return root is not None and stored.is_labelled(root) and names.DIGEST_KEY in kept.data(root)

    @property
    def is_unfinished(self) -> bool:
        """Whether the create of the service has never come to its end."""
        secret = self.secret
        if not self.is_service:
            return False
        if not self.revision:  # made by an earlier version, which wrote the Secret second
            return not kept.token(secret) and self.deployment is None
        return secret is not None and names.APPLIED not in annotations_of(secret)

    def is_ours(self, obj: Obj) -> bool:
        """Whether an object is of a service of that name, of this one or of one before."""
        marks = annotations_of(obj).keys() & {names.REVISION, names.APPLIED}
        return self._is_labelled(obj) and bool(marks or self.owners(obj))

    def is_foreign(self, obj: Obj) -> bool:
        """Whether an object that has a name of ours is somebody else's."""
        return not self._is_labelled(obj) and uid(self.root) not in self.owners(obj)

    def is_dead(self, obj: Obj) -> bool:
        """Whether an object belongs to a service that is gone, or goes itself."""
        owners = self.owners(obj)
        outlived = bool(owners) and uid(self.root) not in owners
        goes = "deletionTimestamp" in obj["metadata"]
        return outlived or (goes and obj["kind"] != "PersistentVolumeClaim")  # that waits for pods

    def owners(self, obj: Obj) -> set[str]:
        """The uids of the ConfigMaps of that name which own an object."""
        references = obj["metadata"].get("ownerReferences") or ()
        return {
            one["uid"]
            for one in references
            if (one.get("kind"), one.get("name")) == ("ConfigMap", self.name)
        }

    def _is_labelled(self, obj: Obj) -> bool:
        return labels_of(obj).get(names.SERVICE_LABEL) == self.name


def uid(obj: Obj | None) -> str:
    """The uid of an object; "" for none."""
    return str(obj["metadata"].get("uid", "")) if obj else ""


def version(obj: Obj | None) -> str:
    """The resourceVersion of an object; "" for none."""
    return str(obj["metadata"].get("resourceVersion", "")) if obj else ""
