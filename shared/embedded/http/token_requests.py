"""Tokens of service accounts: `kubectl create token`.

Called by `subresources`. A token holds as long as its service account, and the object that it is
bound to, are the same.
https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
"""

from __future__ import annotations

import functools
import secrets
from typing import TYPE_CHECKING, Final

from shared.embedded import kinds
from shared.embedded.access import rbac
from shared.embedded.access.authentication import API_AUDIENCE
from shared.embedded.errors import bad_request, conflict, invalid_as
from shared.embedded.kinds import Kind
from shared.embedded.schema import decoding, kubernetes
from shared.embedded.schema.times import timestamp
from shared.embedded.validation import checks

if TYPE_CHECKING:
    from shared.embedded.access.authentication import Tokens
    from shared.embedded.api.operations import Api
    from shared.embedded.errors import StatusError
    from shared.service.objects import Obj

_GROUP: Final = "authentication.k8s.io"
_KIND: Final = Kind(
    _GROUP, "v1", "tokenrequests", "tokenrequest", "TokenRequest", verbs=("create",),
    source="review",
)  # fmt: skip
"""Of no path of its own, so not among the declared ones."""
_DEFAULT: Final = 3600
_LEAST: Final = 600
_MOST: Final = 1 << 32
_BINDABLE: Final = (kinds.POD, kinds.SECRET, kinds.NODE)


def grant(api: Api, tokens: Tokens, sent: Obj, namespace: str, name: str, *, manager: str) -> Obj:
    """A TokenRequest fulfilled: a new token of the service account, and when it expires.

    Raises 400 for what is no TokenRequest, 404, 409, and 422 for a duration out of bounds.
    """
    account = api.get(kinds.SERVICE_ACCOUNT, name, namespace)
    spec = decoding.typed(sent, _KIND, kubernetes.schema(_GROUP, "v1", _KIND.kind)).get("spec", {})
    seconds = _seconds(spec.get("expirationSeconds"))
    audiences = spec.get("audiences") or [API_AUDIENCE]
    reference = spec.get("boundObjectRef")
    bound = [(kinds.SERVICE_ACCOUNT, account), *_bound(api, reference, namespace)]
    now, token = api.now(), secrets.token_urlsafe(32)
    user = rbac.service_account(namespace, name, account["metadata"]["uid"])
    holds = functools.partial(_there, api, bound)
    tokens.add(token, user, now + seconds, tuple(audiences), holds)
    metadata = {
        "name": name,
        "namespace": namespace,
        "uid": account["metadata"]["uid"],
        "creationTimestamp": timestamp(now),
        "managedFields": [_owned({**spec, "expirationSeconds": seconds}, manager, timestamp(now))],
    }
    return {
        "kind": _KIND.kind,
        "apiVersion": _KIND.api_version,
        "metadata": metadata,
        "spec": {
            "audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": reference,
        },
        "status": {"token": token, "expirationTimestamp": timestamp(now + seconds)},
    }  # fmt: skip


def _owned(spec: Obj, manager: str, now: str) -> Obj:
    """The entry of managedFields for what was asked."""
    fields: Obj = {f"f:{key}": {} for key in spec if key != "boundObjectRef"}
    if reference := spec.get("boundObjectRef"):
        fields["f:boundObjectRef"] = {".": {}, **{f"f:{key}": {} for key in reference}}
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": _KIND.api_version,
        "time": now,
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": fields},
        "subresource": "token",
    }


def _seconds(asked: int | None) -> int:
    if asked is None:
        return _DEFAULT
    if asked < _LEAST:
        raise _invalid(
            "spec.expirationSeconds", asked, "may not specify a duration less than 10 minutes"
        )
    if asked > _MOST:
        raise _invalid(
            "spec.expirationSeconds", asked, "may not specify a duration larger than 2^32 seconds"
        )
    return asked


def _bound(api: Api, reference: Obj | None, namespace: str) -> list[tuple[Kind, Obj]]:
    """The object that the token is to end with."""
    if reference is None:
        return []
    asked = reference.get("apiVersion"), reference.get("kind")
    kind = next((each for each in _BINDABLE if (each.api_version, each.kind) == asked), None)
    if kind is None:
        raise bad_request(f"cannot bind token to object of type {reference.get('kind')}")
    found = api.get(kind, reference.get("name") or "", namespace if kind.namespaced else "")
    wanted, uid = reference.get("uid"), found["metadata"]["uid"]
    if wanted and wanted != uid:
        why = f"the UID in the bound object reference ({wanted}) does not match the UID in record"
        name = found["metadata"]["name"]
        raise conflict(kind, name, f"{why}. The object might have been deleted and then recreated")
    return [(kind, found)]


def _there(api: Api, objects: list[tuple[Kind, Obj]]) -> bool:
    """Whether all are still the same ones."""
    for kind, known in objects:
        metadata = known["metadata"]
        found = api.find(kind, metadata["name"], metadata.get("namespace", ""))
        if found is None or found["metadata"]["uid"] != metadata["uid"]:
            return False
    return True


def _invalid(field: str, value: int, why: str) -> StatusError:
    return invalid_as(_GROUP, "TokenRequest", "", [checks.invalid(field, value, why)])
