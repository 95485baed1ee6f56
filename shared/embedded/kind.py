"""What a resource type is: its names, its verbs, its place in the API, and how it is kept. Pure.

Terms follow https://kubernetes.io/docs/reference/using-api/api-concepts/. Which ones there are
`kinds` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

READ: Final = ("get", "list")
ALL_VERBS: Final = (
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
)
STATUS_VERBS: Final = ("get", "patch", "update")
STREAM_VERBS: Final = ("create", "get")


@dataclass(frozen=True, slots=True)
class Subresource:
    """A path below an object. Empty `group`, `version`, `kind`: those of the parent."""

    name: str
    verbs: tuple[str, ...] = STATUS_VERBS
    group: str = ""
    version: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A resource type under one group and version; the same only as itself.

    source: `store` for stored objects, `metrics` for what the metrics provider answers, `review`
    for requests that are answered and not kept.
    stored_as: the kind in whose form the objects are kept; None for its own.
    generation: whether metadata.generation counts the changes of the desired state.
    counts_annotations: whether annotations are part of the desired state, as Deployments have it.
    starts_with_status: whether a new object keeps the status that it is sent with.
    needs_version: whether an update must state the resourceVersion that it replaces.
    created_by_update: whether an update of an object that does not exist creates it.
    kept_from_status: of the metadata, what the writers of the status cannot change.
    admitted: what the server gives a new object once it is known who owns which field, as dotted
    paths; nobody owns it.
    returns_deleted: whether a completed delete answers with the object instead of a Status.
    deprecated: what whoever still uses it is told in a warning; empty for most.
    protected_by: the finalizer that a new object is given, so that it stays while it is in use.
    """

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: tuple[Subresource, ...] = ()
    stored_as: Kind | None = None
    source: Literal["store", "metrics", "review"] = "store"
    generation: bool = False
    counts_annotations: bool = False
    starts_with_status: bool = False
    needs_version: bool = False
    created_by_update: bool = False
    kept_from_status: str = ""
    admitted: tuple[str, ...] = ()
    returns_deleted: bool = False
    protected_by: str = ""
    deprecated: str = ""

    def __str__(self) -> str:
        return f"{self.api_version} {self.kind}"

    @property
    def list_kind(self) -> str:
        return f"{self.kind}List"

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The resource with its group, as messages name it: `deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def hub(self) -> Kind:
        """The kind in whose form the objects are kept; most often itself."""
        return self.stored_as or self

    @property
    def bucket(self) -> str:
        """Where the store keeps the objects; shared by the kinds that show the same ones."""
        return self.hub.resource

    def subresource(self, name: str) -> Subresource | None:
        return next((each for each in self.subresources if each.name == name), None)
