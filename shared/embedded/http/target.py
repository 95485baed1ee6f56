"""What a request is about: its path and query read into kind, namespace, name and verb. Pure.

Called by the server before anything else is known of the request.
https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.embedded import declarations
from shared.embedded.access.rbac import Attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.embedded.kinds import Kind

_VERBS: Final = {"POST": "create", "PUT": "update", "PATCH": "patch"}
_NAMESPACE_SUBRESOURCES: Final = ("status", "finalize")
_NAME_FIELD: Final = re.compile(r"(?:^|,)metadata\.name==?([^,]+)(?:$|,)")


@dataclass(frozen=True, slots=True)
class Target:
    """A resource request. `rest` is what follows the subresource (a proxied path)."""

    verb: str
    group: str
    version: str
    plural: str
    namespace: str | None = None
    name: str = ""
    subresource: str = ""
    rest: str = ""

    @property
    def kind(self) -> Kind | None:
        return declarations.find(self.group, self.version, self.plural)

    @property
    def space(self) -> str:
        """The namespace, empty for cluster-scoped objects."""
        return self.namespace or ""

    def attributes(self) -> Attributes:
        """The request as an authorizer sees it."""
        resource = f"{self.plural}/{self.subresource}" if self.subresource else self.plural
        # A Role inside a namespace may speak of the namespace itself.
        of_namespace = self.plural == "namespaces" and not self.group
        namespace = self.name if of_namespace else self.space
        return Attributes(self.verb, self.group, resource, namespace, self.name)


def parse(method: str, path: str, query: Mapping[str, str]) -> Target | None:
    """The resource that a request names; None for all other paths. `path` is percent-decoded."""
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) > 2:
        group, version, parts = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, parts = parts[1], parts[2], parts[3:]
    else:
        return None
    # Deprecated, but still served: /api/v1/watch/…
    watched = parts[0] == "watch" and len(parts) > 1
    parts = parts[1:] if watched else parts
    namespace = None
    if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in _NAMESPACE_SUBRESOURCES:
        namespace, parts = parts[1], parts[2:]
    plural, name, subresource, *rest = (*parts, "", "", "")[: max(len(parts), 3)]
    verb = "watch" if watched and method == "GET" else _verb(method, name, query)
    if verb in ("list", "watch", "deletecollection") and not name:
        field = _NAME_FIELD.search(query.get("fieldSelector", ""))
        name = field[1] if field else ""
        return Target(verb, group, version, plural, namespace, name)
    return Target(verb, group, version, plural, namespace, name, subresource, "/".join(rest))


def flag(query: Mapping[str, str], name: str) -> bool:
    """A boolean of a query: what is there is true, unless it says `false` or `0`."""
    return name in query and query[name].lower() not in ("false", "0")


def _verb(method: str, name: str, query: Mapping[str, str]) -> str:
    if method in ("GET", "HEAD"):
        if name:
            return "get"
        return "watch" if flag(query, "watch") else "list"
    if method == "DELETE":
        return "delete" if name else "deletecollection"
    return _VERBS.get(method, method.lower())
