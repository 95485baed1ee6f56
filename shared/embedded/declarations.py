"""All kinds that the embedded cluster serves, each declared once with its parts. Pure.

The parts stand in their rooms and know no kinds. Here they are put together by direct reference:
one that is misspelt or left out fails when this module is imported. What a kind has not got is
said: `GENERIC`, `nothing`, `NAME_AND_AGE`, `KEPT`, `METADATA`. To serve one more kind, name it in
`kinds` and declare it here. Asked by storage, api and http.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from shared.embedded import kinds
from shared.embedded.schema import (
    conversion,
    defaulting,
    field_selectors,
    kind_schemas,
    kubernetes,
    pod_defaults,
)
from shared.embedded.schema.conversion import AS_STORED
from shared.embedded.schema.field_selectors import METADATA
from shared.embedded.tables import core, pods, rbac, storage, workloads
from shared.embedded.tables.column import NAME_AND_AGE
from shared.embedded.validation import rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shared.embedded.kinds import Kind
    from shared.embedded.schema.conversion import Conversion
    from shared.embedded.schema.field_selectors import Fields
    from shared.embedded.schema.shapes import Schema
    from shared.embedded.tables.column import Columns
    from shared.embedded.validation import Rules
    from shared.service.objects import Obj

_UNSAID: Final[Any] = None  # a default, so that what is left out is told together with its kind


class DeclarationError(Exception):
    """A kind is not declared as it must be; the message names the kind and the part."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One kind with all that is looked up by kind. Every part must be given.

    schema: of its objects, in the form in which this kind shows them.
    defaults: completes a stored object in place.
    columns: of its Table.
    rules: what a stored object must be like.
    selectable: what its field selectors may name.
    conversion: to the form in which its objects are stored, and back.
    """

    kind: Kind
    schema: Schema = _UNSAID
    defaults: Callable[[Obj], None] = _UNSAID
    columns: Columns = _UNSAID
    rules: Rules = _UNSAID
    selectable: Fields = _UNSAID
    conversion: Conversion = AS_STORED

    def __post_init__(self) -> None:
        for part in fields(self):
            if getattr(self, part.name) is _UNSAID:
                raise DeclarationError(f"{self.kind}: its {part.name} is not declared")
        if (self.conversion is AS_STORED) is not (self.kind.hub is self.kind):
            raise DeclarationError(
                f"{self.kind}: its conversion and its stored_as ({self.kind.hub}) contradict"
            )


def registered(declared: Iterable[Declaration]) -> dict[Kind, Declaration]:
    """By kind; raises DeclarationError for a kind or an address that is declared twice."""
    found: dict[Kind, Declaration] = {}
    addresses: dict[tuple[str, str], Kind] = {}
    for each in declared:
        kind = each.kind
        for address in ((kind.api_version, kind.plural), (kind.api_version, kind.kind)):
            if addresses.setdefault(address, kind) is not kind or kind in found:
                raise DeclarationError(f"{kind}: {' '.join(address)} is declared twice")
        found[kind] = each
    return found


def _answered(kind: Kind) -> Declaration:
    """A kind whose objects are answered and never stored."""
    group, version, name = kind.group, kind.version, kind.kind
    described = kubernetes.definition(group, version, name)
    return Declaration(
        kind,
        schema=kubernetes.schema(group, version, name) if described else kind_schemas.GENERIC,
        defaults=defaulting.nothing,
        columns=NAME_AND_AGE,
        rules=rules.KEPT,
        selectable=METADATA,
    )


def _kept(
    kind: Kind, schema: Schema = kind_schemas.GENERIC, columns: Columns = NAME_AND_AGE
) -> Declaration:
    """A kind whose objects are stored as they come, for whoever reads them: no controller does."""
    return Declaration(
        kind,
        schema=schema,
        defaults=defaulting.nothing,
        columns=columns,
        rules=rules.KEPT,
        selectable=METADATA,
    )


def _also_served(stored: Declaration, kind: Kind, schema: Schema, form: Conversion) -> Declaration:
    """A second kind that shows the same objects in another form."""
    return replace(stored, kind=kind, schema=schema, conversion=form)


_EVENT: Final = Declaration(
    kinds.EVENT,
    schema=kind_schemas.EVENT,
    defaults=defaulting.event,
    columns=core.EVENTS,
    rules=rules.EVENT,
    selectable=field_selectors.EVENT,
)
_AUTOSCALER: Final = Declaration(
    kinds.HPA,
    schema=kind_schemas.AUTOSCALER,
    defaults=defaulting.autoscaler,
    columns=workloads.AUTOSCALERS,
    rules=rules.AUTOSCALER,
    selectable=METADATA,
)

DECLARATIONS: Final = registered(
    [
        Declaration(
            kinds.CONFIG_MAP,
            schema=kind_schemas.CONFIG_MAP,
            defaults=defaulting.nothing,
            columns=core.CONFIGMAPS,
            rules=rules.CONFIG_MAP,
            selectable=METADATA,
        ),
        Declaration(
            kinds.ENDPOINTS,
            schema=kind_schemas.ENDPOINTS,
            defaults=defaulting.endpoints,
            columns=core.ENDPOINTS,
            rules=rules.ENDPOINTS,
            selectable=METADATA,
        ),
        _EVENT,
        _kept(kinds.LIMIT_RANGE, kind_schemas.LIMIT_RANGE),
        Declaration(
            kinds.NAMESPACE,
            schema=kind_schemas.NAMESPACE,
            defaults=defaulting.namespace,
            columns=core.NAMESPACES,
            rules=rules.NAMESPACE,
            selectable=field_selectors.NAMESPACE,
        ),
        Declaration(
            kinds.NODE,
            schema=kind_schemas.NODE,
            defaults=defaulting.empty_spec_and_status,
            columns=core.NODES,
            rules=rules.NODE,
            selectable=field_selectors.NODE,
        ),
        Declaration(
            kinds.PERSISTENT_VOLUME_CLAIM,
            schema=kind_schemas.CLAIM,
            defaults=defaulting.claim,
            columns=storage.CLAIMS,
            rules=rules.CLAIM,
            selectable=METADATA,
        ),
        Declaration(
            kinds.PERSISTENT_VOLUME,
            schema=kind_schemas.PERSISTENT_VOLUME,
            defaults=defaulting.persistent_volume,
            columns=storage.VOLUMES,
            rules=rules.VOLUME,
            selectable=METADATA,
        ),
        Declaration(
            kinds.POD,
            schema=kind_schemas.POD,
            defaults=pod_defaults.pod,
            columns=pods.COLUMNS,
            rules=rules.POD,
            selectable=field_selectors.POD,
        ),
        _kept(kinds.POD_TEMPLATE, kind_schemas.POD_TEMPLATE),
        _kept(kinds.RESOURCE_QUOTA, kind_schemas.RESOURCE_QUOTA),
        Declaration(
            kinds.SECRET,
            schema=kind_schemas.SECRET,
            defaults=defaulting.secret,
            columns=core.SECRETS,
            rules=rules.SECRET,
            selectable=field_selectors.SECRET,
        ),
        Declaration(
            kinds.SERVICE_ACCOUNT,
            schema=kind_schemas.SERVICE_ACCOUNT,
            defaults=defaulting.nothing,
            columns=core.SERVICE_ACCOUNTS,
            rules=rules.KEPT,
            selectable=METADATA,
        ),
        Declaration(
            kinds.SERVICE,
            schema=kind_schemas.SERVICE,
            defaults=defaulting.service,
            columns=core.SERVICES,
            rules=rules.SERVICE,
            selectable=field_selectors.SERVICE,
        ),
        Declaration(
            kinds.DEPLOYMENT,
            schema=kind_schemas.DEPLOYMENT,
            defaults=defaulting.deployment,
            columns=workloads.DEPLOYMENTS,
            rules=rules.DEPLOYMENT,
            selectable=METADATA,
        ),
        Declaration(
            kinds.REPLICA_SET,
            schema=kind_schemas.REPLICA_SET,
            defaults=defaulting.replica_set,
            columns=workloads.REPLICASETS,
            rules=rules.REPLICA_SET,
            selectable=field_selectors.REPLICA_SET,
        ),
        replace(
            _also_served(_EVENT, kinds.EVENT_V1, kind_schemas.EVENT_V1, conversion.EVENT_V1),
            rules=rules.STRICT_EVENT,
        ),
        _answered(kinds.SELF_SUBJECT_REVIEW),
        _answered(kinds.SELF_SUBJECT_ACCESS_REVIEW),
        _answered(kinds.SELF_SUBJECT_RULES_REVIEW),
        _answered(kinds.SUBJECT_ACCESS_REVIEW),
        _answered(kinds.LOCAL_SUBJECT_ACCESS_REVIEW),
        _answered(kinds.TOKEN_REVIEW),
        _AUTOSCALER,
        _also_served(
            _AUTOSCALER, kinds.HPA_V1, kind_schemas.AUTOSCALER_V1, conversion.AUTOSCALER_V1
        ),
        Declaration(
            kinds.NETWORK_POLICY,
            schema=kind_schemas.NETWORK_POLICY,
            defaults=defaulting.network_policy,
            columns=core.NETWORK_POLICIES,
            rules=rules.NETWORK_POLICY,
            selectable=METADATA,
        ),
        Declaration(
            kinds.INGRESS,
            schema=kind_schemas.INGRESS,
            defaults=defaulting.ingress,
            columns=core.INGRESSES,
            rules=rules.INGRESS,
            selectable=METADATA,
        ),
        replace(
            _kept(kinds.INGRESS_CLASS, kind_schemas.INGRESS_CLASS, core.INGRESS_CLASSES),
            rules=rules.INGRESS_CLASS,
        ),
        Declaration(
            kinds.POD_DISRUPTION_BUDGET,
            schema=kind_schemas.DISRUPTION_BUDGET,
            defaults=defaulting.empty_spec_and_status,
            columns=workloads.DISRUPTION_BUDGETS,
            rules=rules.BUDGET,
            selectable=METADATA,
        ),
        Declaration(
            kinds.CLUSTER_ROLE_BINDING,
            schema=kind_schemas.CLUSTER_ROLE_BINDING,
            defaults=defaulting.binding,
            columns=rbac.BINDINGS,
            rules=rules.CLUSTER_ROLE_BINDING,
            selectable=METADATA,
        ),
        Declaration(
            kinds.CLUSTER_ROLE,
            schema=kind_schemas.CLUSTER_ROLE,
            defaults=defaulting.role,
            columns=rbac.ROLES,
            rules=rules.CLUSTER_ROLE,
            selectable=METADATA,
        ),
        Declaration(
            kinds.ROLE_BINDING,
            schema=kind_schemas.ROLE_BINDING,
            defaults=defaulting.binding,
            columns=rbac.BINDINGS,
            rules=rules.ROLE_BINDING,
            selectable=METADATA,
        ),
        Declaration(
            kinds.ROLE,
            schema=kind_schemas.ROLE,
            defaults=defaulting.role,
            columns=rbac.ROLES,
            rules=rules.ROLE,
            selectable=METADATA,
        ),
        Declaration(
            kinds.STORAGE_CLASS,
            schema=kind_schemas.STORAGE_CLASS,
            defaults=defaulting.storage_class,
            columns=storage.CLASSES,
            rules=rules.STORAGE_CLASS,
            selectable=METADATA,
        ),
        _kept(kinds.HTTP_ROUTE, columns=core.HTTP_ROUTES),
        _kept(kinds.MIDDLEWARE),
        _kept(kinds.PRIORITY_CLASS, kind_schemas.PRIORITY_CLASS),
        Declaration(
            kinds.LEASE,
            schema=kind_schemas.LEASE,
            defaults=defaulting.empty_spec,
            columns=core.LEASES,
            rules=rules.LEASE,
            selectable=METADATA,
        ),
        Declaration(
            kinds.ENDPOINT_SLICE,
            schema=kind_schemas.ENDPOINT_SLICE,
            defaults=defaulting.endpoint_slice,
            columns=core.ENDPOINTSLICES,
            rules=rules.ENDPOINT_SLICE,
            selectable=METADATA,
        ),
        _answered(kinds.NODE_METRICS),
        _answered(kinds.POD_METRICS),
    ]
)

KINDS: Final = tuple(DECLARATIONS)
"""In the order in which discovery shows them; the first version of a group is the preferred one."""

HUBS: Final = {kind.bucket: kind for kind in KINDS if kind.source == "store" and kind.hub is kind}
"""For each bucket of the store, the kind in whose form its objects are kept."""

_BY_RESOURCE: Final = {(kind.group, kind.version, kind.plural): kind for kind in KINDS}
_BY_TYPE: Final = {(kind.api_version, kind.kind): kind for kind in KINDS}


def of(kind: Kind) -> Declaration:
    """What is declared of `kind`; raises KeyError for a kind that is not served."""
    return DECLARATIONS[kind]


def find(group: str, version: str, plural: str) -> Kind | None:
    """The kind served under /apis/<group>/<version>/…/<plural>, or None."""
    return _BY_RESOURCE.get((group, version, plural))


def of_type(api_version: str, kind: str) -> Kind | None:
    """The kind that an object's `apiVersion` and `kind` name, or None."""
    return _BY_TYPE.get((api_version, kind))


def versions(group: str) -> list[str]:
    """The served versions of `group`, preferred first; empty when the group is unknown."""
    return list(dict.fromkeys(kind.version for kind in KINDS if kind.group == group))
