"""Tokens and kubeconfig files: one for the administrator, one for each of our service accounts.

Source: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/. The
files hold bearer tokens, so they have mode 0600; tokens outlive a restart, and with them what a
user exported as KUBECONFIG. Written by `cluster` at each start.
"""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING, Final

from shared.embedded import files
from shared.embedded.access import rbac
from shared.service import names

if TYPE_CHECKING:
    from pathlib import Path

    from shared.embedded.access.rbac import User

ADMINISTRATOR: Final = "admin"
SERVICE_ACCOUNTS: Final = ("gateway", "management", "scaler")
TOKENS_FILE: Final = "tokens.json"


def user(name: str) -> User:
    """Who holds the token called `name`."""
    if name == ADMINISTRATOR:
        return rbac.administrator()
    return rbac.service_account(names.SYSTEM_NAMESPACE, name)


def tokens(home: Path) -> dict[str, str]:
    """Name → token, as kept in `home`; those that are missing are made."""
    path = home / TOKENS_FILE
    try:
        known = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        known = {}
    if not isinstance(known, dict) or not all(isinstance(each, str) for each in known.values()):
        known = {}
    wanted = {
        name: known.get(name) or secrets.token_hex(32)
        for name in (ADMINISTRATOR, *SERVICE_ACCOUNTS)
    }
    if wanted != known:
        files.replace(path, json.dumps(wanted).encode())
    return wanted


def path_of(home: Path, name: str) -> Path:
    """`kubeconfig` for the administrator, `<name>.kubeconfig` for others."""
    return home / ("kubeconfig" if name == ADMINISTRATOR else f"{name}.kubeconfig")


def kubeconfig(
    name: str, token: str, url: str, authority: bytes, namespace: str = names.NAMESPACE
) -> str:
    """The file's text (JSON, which is YAML); `authority` is the PEM that clients trust, `namespace`
    the one that kubectl takes if it is told none."""
    cluster = {
        "server": url,
        "certificate-authority-data": base64.b64encode(authority).decode(),
    }
    context = {"cluster": "local", "user": name, "namespace": namespace}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": cluster}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": "local", "context": context}],
        "current-context": "local",
    }
    return json.dumps(content, indent=2) + "\n"
