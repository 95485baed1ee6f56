"""The shape of an FDL document: which services it lists, for which cluster, and where. Pure.

Called by `fdl` alone; what a service says is left unread. A document is written for `oscar-cli`,
which knows its clusters by name; here the name only tells services apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from shared.service.fields import Fields, Problems

if TYPE_CHECKING:
    from collections.abc import Sequence

_SERVICE: Final = frozenset(("name", "image", "script", "expose", "memory", "cpu"))
"""Fields by which a service is known."""
_ASIDE: Final = {
    "clusters": "services run on the cluster that is asked, whatever is written here",
    "storage_providers": "object storage is not used here",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One service of the list; `body` is None when it cannot be found."""

    path: str
    cluster: str
    body: Any


def read_entries(document: Fields, cluster: str = "") -> list[Entry]:
    """The services of a document, in order; of `cluster` alone if it is given."""
    listed = _listed(document)
    entries = []
    for index, value in enumerate(listed):
        entry = _entry(value, f"functions.oscar[{index}]", document.problems, cluster)
        if entry is not None:
            entries.append(entry)
    for name, sentence in _ASIDE.items():
        if document.raw(name):
            document.warn(name, f"has no effect here: {sentence}")
    document.warn_unknown()
    _tell_clusters(entries, document, cluster)
    if listed and not entries and cluster:
        known = ", ".join(
            sorted({str(key) for one in listed if isinstance(one, dict) for key in one})
        )
        document.error(
            "functions.oscar", f"has no service for cluster {cluster!r}, but for {known}"
        )
    return entries


def _listed(document: Fields) -> Sequence[Any]:
    before = len(document.problems.errors)
    with document.section("functions") as functions:
        listed = functions.raw("oscar")
    if isinstance(listed, dict) and listed:
        document.warn("functions.oscar", "is no list; it is read as the one entry of a list")
        return [listed]
    if isinstance(listed, list) and listed:
        return listed
    if len(document.problems.errors) == before:
        document.error("functions.oscar", _missing(document))
    return ()


def _missing(document: Fields) -> str:
    others = document.unknown()
    if "oscar" in others:
        return "is missing; indent `oscar` below `functions`"
    if _SERVICE & others.keys():
        return (
            "is missing; the service stands alone: write `functions:`, below it `oscar:` and "
            "`- my-cluster:`, and the service below that"
        )
    return "is missing; list at least one service, each under its cluster"


def _entry(value: Any, path: str, problems: Problems, cluster: str) -> Entry | None:
    """The entry; None if it has nothing for `cluster`."""
    if not isinstance(value, dict) or not value:
        problems.errors.append(f"{path}: must hold a cluster's name with the service under it")
        return Entry(path, "", None)
    bodies = {str(key): body for key, body in value.items()}
    if _SERVICE & bodies.keys():
        problems.errors.append(f"{path}: {_beside(bodies)}")
        return Entry(path, "", None)
    if cluster and cluster not in bodies:
        return None
    taken = cluster or next(iter(bodies))
    if len(bodies) > 1 and not cluster:
        others = ", ".join(list(bodies)[1:6])
        problems.warnings.append(
            f"{path}: names several clusters; the service of {taken} is taken, not of {others}: "
            "choose with --cluster"
        )
    return Entry(path, taken, bodies[taken] if bodies[taken] is not None else {})


def _beside(bodies: dict[str, Any]) -> str:
    empty = [key for key, body in bodies.items() if body is None and key not in _SERVICE]
    if empty:
        return f"the fields stand beside the cluster {empty[0]}; indent them below it"
    return "has no cluster's name; write `- my-cluster:` and indent the service below it"


def _tell_clusters(entries: Sequence[Entry], document: Fields, cluster: str) -> None:
    clusters = list(dict.fromkeys(entry.cluster for entry in entries if entry.cluster))
    if len(clusters) > 1 and not cluster:
        document.warn(
            "functions.oscar",
            f"names several clusters ({', '.join(clusters[:5])}); the services of all are taken: "
            "choose with --cluster",
        )
