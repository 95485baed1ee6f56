"""Who owns which field: metadata.managedFields and server-side apply. Pure.

https://kubernetes.io/docs/reference/using-api/server-side-apply/; the rules are those of
structured-merge-diff's merge/update.go and apimachinery's managedfields. Called by `operations` for
every write; time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from shared.embedded import declarations, kinds
from shared.embedded.api import fields
from shared.embedded.errors import apply_conflict
from shared.embedded.schema import shapes as schemas

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.embedded.api.fields import Changes, Path, Paths
    from shared.embedded.kinds import Kind
    from shared.embedded.schema.shapes import Schema
    from shared.service.objects import Obj

REPLICAS: Final[Paths] = frozenset({("f:spec", "f:replicas")})

_UNOWNED: Final = {("f:apiVersion",), ("f:kind",), ("f:metadata",)} | {
    ("f:metadata", f"f:{name}")
    for name in (
        *("name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp"),
        *("managedFields", "selfLink"),
    )
}


_TEXTS: Final = ("manager", "apiVersion", "subresource", "time")


class Manager(NamedTuple):
    """The identity of one entry of managedFields."""

    name: str
    operation: Literal["Apply", "Update"]
    api_version: str
    subresource: str = ""


class Owned(NamedTuple):
    """The fields of one manager, and when they last changed (RFC 3339).

    tree: the same fields as FieldsV1, if they were read so.
    """

    paths: Paths
    time: str
    tree: dict[str, Any] | None = None


Owners = dict[Manager, Owned]


def read(obj: Obj | None) -> Owners:
    """The owners that an object's managedFields state."""
    return {
        _manager(entry): _owned(entry.get("fieldsV1", {}), entry.get("time", ""))
        for entry in _entries(obj)
    }


def _entries(obj: Obj | None) -> list[dict[str, Any]]:
    return obj["metadata"].get("managedFields", []) if obj else []


def _manager(entry: dict[str, Any]) -> Manager:
    subresource = entry.get("subresource", "")
    return Manager(entry.get("manager", ""), entry["operation"], entry["apiVersion"], subresource)


def _readable(entries: Any) -> bool:
    """Whether these are entries of managedFields, as a client may send them."""
    return (
        isinstance(entries, list)
        and bool(entries)
        and all(
            isinstance(each, dict)
            and each.get("operation") in ("Apply", "Update")
            and all(isinstance(each.get(name, ""), str) for name in _TEXTS)
            and each.get("apiVersion")
            and isinstance(each.get("fieldsV1", {}), dict)
            for each in entries
        )
    )


def write(owners: Owners) -> list[dict[str, Any]]:
    """managedFields, Apply entries first, then by time and name."""
    order = sorted(owners.items(), key=lambda item: (item[0].operation, item[1].time, item[0].name))
    return [_entry(manager, owned) for manager, owned in order if owned.paths]


def unstated(kind: Kind, sent: Obj) -> Paths:
    """Of what the server gives a new object, that which `sent` leaves to it."""
    paths = (tuple(f"f:{name}" for name in path.split(".")) for path in kind.admitted)
    given = {path for path in paths if not _has(sent, path)}
    return frozenset(given | _node_ports(sent)) if kind is kinds.SERVICE else frozenset(given)


def _node_ports(service: Obj) -> set[Path]:
    """The node ports that a Service leaves to the server."""
    paths = ("f:spec", "f:ports")
    ports = declarations.of(kinds.SERVICE).schema
    for name in ("spec", "ports"):
        ports = schemas.child(ports, name)
    sent = service.get("spec", {}).get("ports", [])
    return {
        (*paths, step, "f:nodePort")
        for step, port, _ in fields.steps(sent, ports)
        if isinstance(port, dict) and not port.get("nodePort")
    }


def tracked(
    old: Obj | None,
    new: Obj,
    kind: Kind,
    manager: Manager,
    now: str,
    *,
    given: Paths = fields.NOTHING,
) -> Obj:
    """`new` with managedFields that give `manager` what it changed since `old`, less what the
    server has `given`. Both objects are in stored form, fields in that of each manager's version.

    As in Kubernetes, updates of an object that has no managedFields stay untracked. A writer resets
    them by sending one empty entry, and may send others; what cannot be read counts as not sent.
    """
    sent = new["metadata"].get("managedFields")
    if sent == [{}]:
        return _with_owners(new, {})
    changed = _Changed(old, new, kind)
    if old is not None and not given and _unmoved(old, sent, changed, kind, manager):
        return {**new, "metadata": {**new["metadata"], "managedFields": _entries(old)}}
    before = read(new) if old is not None and _readable(sent) else read(old)
    if old is not None and not before:
        return _with_owners(new, {})
    changes = changed.as_of(kind.api_version)
    written = _ownable(changes.written, kind, manager)
    written = frozenset(path for path in written if not fields.within(path, given))
    owners = {
        other: _less(owned, changed.lost(other, kind, manager), now)
        for other, owned in before.items()
        if other != manager
    }
    mine = before.get(manager, Owned(fields.NOTHING, now))
    owners[manager] = _renewed(mine, (mine.paths - changes.removed) | written, now)
    return _with_owners(new, owners)


def _unmoved(old: Obj, sent: Any, changed: _Changed, kind: Kind, manager: Manager) -> bool:
    """Whether no field changes its owner: the writer has all that it wrote, and nobody else any of
    it. Most writes of controllers and nodes are such, and to know it costs less than to read what
    everybody owns."""
    entries = _entries(old)
    if (sent is not None and sent != entries) or not entries:
        return False
    if any(each["apiVersion"] != kind.api_version for each in entries):
        return False
    changes = changed.as_of(kind.api_version)
    written = _ownable(changes.written, kind, manager)
    if changes.removed:
        return False
    owned = [
        (_manager(each) == manager, path)
        for each in entries
        for path in written
        if fields.holds(each.get("fieldsV1", {}), path)
    ]
    return len(owned) == len(written) and all(mine for mine, _ in owned)


def scaled(old: Obj, new: Obj, manager: Manager) -> Obj:
    """`new` with managedFields after `manager` wrote the replicas of `old` through `scale`.

    An update takes the replicas only if somebody owned them: a Scale shows only that field, and
    updates of an object without managedFields stay untracked. Who applies owns them in any case.
    Entries keep the time that they had, and a new one has none (apimachinery, ScaleHandler).
    """
    owners = read(old)
    changed = new["spec"]["replicas"] != old["spec"]["replicas"]
    applies = manager.operation == "Apply"
    owned_before = any(owned.paths & REPLICAS for owned in owners.values())
    if not applies and not (changed and owned_before):
        return _with_owners(new, owners)
    mine = owners.pop(manager, Owned(fields.NOTHING, ""))
    if changed:
        owners = {other: _less(owned, REPLICAS, owned.time) for other, owned in owners.items()}
    owners[manager] = _renewed(mine, mine.paths | REPLICAS, mine.time)
    return _with_owners(new, owners)


def check_scale(workload: Obj, config: Obj, manager: Manager, *, force: bool) -> None:
    """Refuse (409) to apply other replicas through `scale` while others own them, unless forced."""
    spec = config.get("spec")
    wanted = spec.get("replicas", 0) if isinstance(spec, dict) else 0
    if wanted != workload["spec"]["replicas"]:
        others = {other: owned for other, owned in read(workload).items() if other != manager}
        _refuse_conflicts(others, REPLICAS, force=force)


def of_scale(workload: Obj) -> list[dict[str, Any]]:
    """managedFields as the workload's Scale has them: who owns the replicas."""
    return [
        _entry(manager._replace(api_version="autoscaling/v1"), Owned(REPLICAS, owned.time))
        for manager, owned in read(workload).items()
        if owned.paths & REPLICAS
    ]


def applied(
    live: Obj | None, config: Obj, kind: Kind, manager: Manager, *, force: bool, now: str
) -> Obj:
    """The object after `manager` applied `config`: merged, with what it no longer states removed.

    Raises 409 with one cause a field when others own what would change, unless `force`.
    """
    schema = declarations.of(kind.hub).schema
    config = {k: v for k, v in config.items() if k != _ignored_part(kind, manager)}
    mine = _ownable(fields.stated(config, schema), kind, manager)
    before = read(live)
    others = {other: owned for other, owned in before.items() if other != manager}
    last = before.get(manager, Owned(fields.NOTHING, now))
    kept = frozenset().union(mine, *(owned.paths for owned in others.values()))
    gone = fields.prefixes(last.paths) - fields.prefixes(kept) - _UNOWNED
    merged = fields.without(merge(live or {}, config, schema), gone, schema)
    changes = fields.compare(_bare(live or {}), _bare(merged), schema)
    _refuse_conflicts(others, changes.written, force=force)
    lost = changes.written | changes.removed
    owners: Owners = {other: _less(owned, lost, now) for other, owned in others.items()}
    owners[manager] = _renewed(last, mine, now)
    return _with_owners(merged, owners)


def merge(live: Any, config: Any, schema: Schema) -> Any:
    """`config` laid over `live`: objects and keyed lists merge, sets unite, all else replaces."""
    if isinstance(schema, schemas.List) and isinstance(live, list):
        return _merge_lists(live, config, schema)
    atomic = getattr(schema, "atomic", False)
    if atomic or not isinstance(live, dict) or not isinstance(config, dict):
        return config
    result = dict(live)
    for key, value in config.items():
        result[key] = (
            merge(result[key], value, schemas.child(schema, key)) if key in result else value
        )
    return result


def _merge_lists(live: list[Any], config: list[Any], schema: schemas.List) -> list[Any]:
    before = {step: item for step, item, _ in fields.steps(live, schema)}
    after = {step: item for step, item, _ in fields.steps(config, schema)}
    if not before or not after:
        return config
    merged = {
        step: merge(item, after[step], schema.item) if step in after else item
        for step, item in before.items()
    }
    added = {step: item for step, item in after.items() if step not in before}
    return fields.flat((merged | added).values())


def _ignored_part(kind: Kind, manager: Manager) -> str:
    """The part of an object that the manager's endpoint does not take."""
    if manager.subresource:
        return "spec"
    return "status" if kind.subresource("status") else ""


def _ownable(paths: Iterable[Path], kind: Kind, manager: Manager) -> Paths:
    """Less what nobody owns, and less what the manager's endpoint ignores."""
    ignored = f"f:{_ignored_part(kind, manager)}"
    return frozenset(path for path in paths if path not in _UNOWNED and path[0] != ignored)


def _refuse_conflicts(others: Owners, written: Paths, *, force: bool) -> None:
    conflicts = [
        (_shown(other), fields.text(path))
        for other, owned in others.items()
        for path in sorted(owned.paths & written)
    ]
    if conflicts and not force:
        raise apply_conflict(conflicts)


class _Changed:
    """How an object changed, told in the version of each of its managers (most often one)."""

    def __init__(self, old: Obj | None, new: Obj, kind: Kind) -> None:
        self._old, self._new, self._kind = old, new, kind
        self._known: dict[str, Changes] = {}

    def as_of(self, api_version: str) -> Changes:
        """The changes as the kind of that version shows them."""
        if api_version not in self._known:
            kind = declarations.of_type(api_version, self._kind.kind) or self._kind
            declared = declarations.of(kind)
            before, after = (
                _bare(declared.conversion.from_stored(obj)) if obj else {}
                for obj in (self._old, self._new)
            )
            self._known[api_version] = fields.compare(before, after, declared.schema)
        return self._known[api_version]

    def lost(self, other: Manager, kind: Kind, writer: Manager) -> Paths:
        """What `other` loses to `writer`."""
        changes = self.as_of(other.api_version)
        return _ownable(changes.written, kind, writer) | changes.removed


def _has(obj: Obj, path: Path) -> bool:
    value: Any = obj
    for step in path:
        name = step.removeprefix("f:")
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True


def _owned(tree: dict[str, Any], time: str) -> Owned:
    return Owned(frozenset(fields.from_json(tree)), time, tree)


def _less(owned: Owned, lost: Paths, now: str) -> Owned:
    return _renewed(owned, owned.paths - lost, now)


def _renewed(owned: Owned, paths: Paths, now: str) -> Owned:
    """An entry keeps its time as long as its fields stay the same."""
    return owned if owned.paths == paths else Owned(paths, now)


def _with_owners(obj: Obj, owners: Owners) -> Obj:
    metadata = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
    if entries := write(owners):
        metadata["managedFields"] = entries
    return {**obj, "metadata": metadata}


def _bare(obj: Obj) -> Obj:
    """Less managedFields, which own nothing and are costly to compare."""
    metadata = obj.get("metadata", {})
    return {**obj, "metadata": {k: v for k, v in metadata.items() if k != "managedFields"}}


def _entry(manager: Manager, owned: Owned) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": manager.api_version,
        **({"time": owned.time} if owned.time else {}),
        "fieldsType": "FieldsV1",
        "fieldsV1": fields.to_json(owned.paths) if owned.tree is None else owned.tree,
    }
    if manager.subresource:
        entry["subresource"] = manager.subresource
    return entry


def _shown(manager: Manager) -> str:
    subresource = f' with subresource "{manager.subresource}"' if manager.subresource else ""
    using = f" using {manager.api_version}" if manager.operation == "Update" else ""
    return f'"{manager.name}"{subresource}{using}'
