"""Tokens of pods: who gets one, whose it is, and how long it holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.embedded.access.authentication import Tokens
from shared.embedded.api.bootstrap import bootstrap
from shared.embedded.api.operations import Api
from shared.embedded.errors import StatusError
from shared.embedded.kinds import POD, SERVICE_ACCOUNT
from shared.embedded.node.accounts import MOUNT, Accounts
from shared.embedded.node.sandbox import Sandbox
from shared.embedded.storage.journal import Journal
from shared.embedded.storage.store import Store
from shared.service.objects import Obj


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api(Store(Journal()))
    bootstrap(api)
    account = {"metadata": {"name": "mine", "namespace": "oscar"}}
    api.create(SERVICE_ACCOUNT, account, "oscar", manager="test")
    yield api
    api.store.close()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens({})


@pytest.fixture
def accounts(api: Api, tokens: Tokens) -> Accounts:
    return Accounts(api, tokens, "https://127.0.0.1:6443", b"the authority")


def made(api: Api, **spec: Any) -> Obj:
    container = {"name": "main", "image": "x"}
    whole = {"serviceAccountName": "mine", "containers": [container], **spec}
    body = {"metadata": {"name": "p", "namespace": "oscar"}, "spec": whole}
    return api.create(POD, body, "oscar", manager="test")


def test_a_pod_is_its_account_until_it_is_gone(
    api: Api, tokens: Tokens, accounts: Accounts
) -> None:
    files = accounts.files(made(api))
    assert files["ca.crt"] == b"the authority"
    assert files["namespace"] == b"oscar"
    config = yaml.safe_load(files["kubeconfig"])
    assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6443"
    assert config["users"][0]["user"]["token"].encode() == files["token"]
    bearer = f"Bearer {files['token'].decode()}"
    assert tokens.user(bearer).name == "system:serviceaccount:oscar:mine"
    api.delete(POD, "p", "oscar", grace=0)
    with pytest.raises(StatusError):
        tokens.user(bearer)


@pytest.mark.parametrize(
    ("account", "pod", "mounted"),
    [
        ({}, {}, True),
        ({"automountServiceAccountToken": False}, {}, False),
        ({"automountServiceAccountToken": False}, {"automountServiceAccountToken": True}, True),
        ({}, {"automountServiceAccountToken": False}, False),
    ],
)
def test_the_pods_word_counts_before_the_accounts(
    api: Api, accounts: Accounts, account: Obj, pod: Obj, mounted: bool
) -> None:
    api.patch(SERVICE_ACCOUNT, "mine", "oscar", account, manager="test")
    assert bool(accounts.files(made(api, **pod))) is mounted


def test_a_process_finds_its_files_by_variables_and_by_the_usual_path(
    api: Api, accounts: Accounts, tmp_path: Path
) -> None:
    sandbox = Sandbox(
        made(api), "127.9.0.1", {}, tmp_path / "pod", tmp_path / "logs", 100,
        lambda _kind, _name: None, lambda _claim: tmp_path, accounts,
    )  # fmt: skip
    command = sandbox.command({"name": "main", "command": ["cat", f"{MOUNT}/token"]}, 0)
    assert command is not None
    _, path = command.command
    token = Path(path).read_text()
    assert Path(path).stat().st_mode & 0o077 == 0
    assert command.env["KUBERNETES_SERVICE_PORT"] == "6443"
    assert token in Path(command.env["KUBECONFIG"]).read_text()
    again = sandbox.command({"name": "main", "command": ["cat", f"{MOUNT}/token"]}, 1)
    assert again is not None
    assert Path(path).read_text() == token
