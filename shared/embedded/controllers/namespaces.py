"""What every namespace has by itself: ServiceAccount `default` and ConfigMap `kube-root-ca.crt`.

Put back when they are deleted or changed. Source: kube-controller-manager's controllers
`serviceaccount` and `root-ca-certificate-publisher`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.embedded.kinds import CONFIG_MAP, NAMESPACE, SERVICE_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.embedded.api.operations import Api, Change
    from shared.embedded.controllers.cache import Cache, Key
    from shared.service.objects import Obj

MANAGER: Final = "kube-controller-manager"
ACCOUNT: Final = "default"
AUTHORITY: Final = "kube-root-ca.crt"
_OWN: Final = ((SERVICE_ACCOUNT, ACCOUNT), (CONFIG_MAP, AUTHORITY))
_DESCRIPTION: Final = {
    "kubernetes.io/description": "Contains a CA bundle that can be used to verify the "
    "kube-apiserver when using internal endpoints such as the internal service IP or "
    "kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters.",
}


class Namespaces:
    """Furnishes namespaces; `authority` is the PEM text by which the API server is known."""

    def __init__(self, api: Api, cache: Cache, authority: str) -> None:
        self._api = api
        self._cache = cache
        self._authority = authority

    def keys(self, change: Change) -> Iterable[Key]:
        """The namespace that may lack something."""
        metadata = change.object["metadata"]
        if change.kind is NAMESPACE and change.type == "ADDED":
            yield "", metadata["name"]
        elif change.type != "ADDED" and (change.kind, metadata["name"]) in _OWN:
            yield "", metadata["namespace"]

    def reconcile(self, key: Key) -> None:
        """Make what is missing, right what was changed."""
        space = self._cache.get(NAMESPACE, key)
        if space is None or "deletionTimestamp" in space["metadata"]:
            return
        name = key[1]
        if self._api.find(SERVICE_ACCOUNT, ACCOUNT, name) is None:
            account: Obj = {"metadata": {"name": ACCOUNT}}
            self._api.create(SERVICE_ACCOUNT, account, name, manager=MANAGER)
        self._publish(name)

    def _publish(self, namespace: str) -> None:
        data = {"ca.crt": self._authority}
        found = self._api.find(CONFIG_MAP, AUTHORITY, namespace)
        if found is None:
            body: Obj = {"metadata": {"name": AUTHORITY, "annotations": _DESCRIPTION}, "data": data}
            self._api.create(CONFIG_MAP, body, namespace, manager=MANAGER)
        elif found.get("data") != data:
            self._api.update(CONFIG_MAP, {**found, "data": data}, manager=MANAGER)
