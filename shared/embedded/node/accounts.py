"""What a pod is to the API server: a token of its service account, as files and variables.

Kubernetes mounts token, CA and namespace at `/var/run/secrets/kubernetes.io/serviceaccount`, and
names the API server in two variables. Here a process sees no mount: the files are in a folder of
the pod, and KUBECONFIG names one more, which kubectl and the usual client libraries read. Source:
https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
"""

from __future__ import annotations

import functools
import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from shared.embedded.access import kubeconfig, rbac
from shared.embedded.kinds import POD, SERVICE_ACCOUNT

if TYPE_CHECKING:
    from pathlib import Path

    from shared.embedded.access.authentication import Tokens
    from shared.embedded.api.operations import Api
    from shared.embedded.kinds import Kind
    from shared.service.objects import Obj

MOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
CONFIG: Final = "kubeconfig"


class Accounts:
    """Makes tokens that the API server at `url` accepts; `authority` is the PEM that it is known
    by."""

    def __init__(self, api: Api, tokens: Tokens, url: str, authority: bytes) -> None:
        self._api = api
        self._tokens = tokens
        self._url = url
        self._authority = authority

    def files(self, pod: Obj) -> dict[str, bytes]:
        """The files for a pod, with a new token that holds as long as the pod and its account are
        there; none where pod or account does not want them."""
        namespace, name = pod["metadata"]["namespace"], pod["spec"].get("serviceAccountName", "")
        account = self._api.find(SERVICE_ACCOUNT, name, namespace)
        if account is None or not _mounted(pod, account):
            return {}
        token = secrets.token_urlsafe(32)
        user = rbac.service_account(namespace, name, account["metadata"]["uid"])
        holds = functools.partial(self._there, ((POD, pod), (SERVICE_ACCOUNT, account)))
        self._tokens.add(token, user, holds=holds)
        config = kubeconfig.kubeconfig(name, token, self._url, self._authority, namespace)
        return {
            "token": token.encode(),
            "ca.crt": self._authority,
            "namespace": namespace.encode(),
            CONFIG: config.encode(),
        }

    def variables(self, folder: Path) -> dict[str, str]:
        """The variables for a pod whose files are in `folder`."""
        server = urlsplit(self._url)
        return {
            "KUBERNETES_SERVICE_HOST": str(server.hostname),
            "KUBERNETES_SERVICE_PORT": str(server.port),
            "KUBECONFIG": str(folder / CONFIG),
        }

    def _there(self, objects: tuple[tuple[Kind, Obj], ...]) -> bool:
        """Whether all are still the same ones."""
        for kind, known in objects:
            metadata = known["metadata"]
            found = self._api.find(kind, metadata["name"], metadata["namespace"])
            if found is None or found["metadata"]["uid"] != metadata["uid"]:
                return False
        return True


def _mounted(pod: Obj, account: Obj) -> bool:
    """The pod's own word counts, then the account's."""
    field = "automountServiceAccountToken"
    return bool(pod["spec"].get(field, account.get(field, True)))
