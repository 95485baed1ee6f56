"""Tokens and kubeconfigs."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

from shared.embedded.access import kubeconfig


def test_tokens_outlive_a_restart_and_missing_ones_are_made(tmp_path: Path) -> None:
    first = kubeconfig.tokens(tmp_path)
    assert kubeconfig.tokens(tmp_path) == first
    assert len(set(first.values())) == 4
    path = tmp_path / kubeconfig.TOKENS_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text(json.dumps({"admin": first["admin"]}))
    again = kubeconfig.tokens(tmp_path)
    assert again["admin"] == first["admin"]
    assert again["gateway"] != first["gateway"]


def test_a_broken_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / kubeconfig.TOKENS_FILE).write_text("{")
    assert len(kubeconfig.tokens(tmp_path)) == 4


def test_who_is_who() -> None:
    assert "system:masters" in kubeconfig.user("admin").groups
    assert kubeconfig.user("scaler").name == "system:serviceaccount:oscar:scaler"


def test_a_kubeconfig() -> None:
    text = kubeconfig.kubeconfig("scaler", "t0ken", "https://127.0.0.1:1", b"PEM")
    content = json.loads(text)
    assert content["current-context"] == content["contexts"][0]["name"]
    cluster = content["clusters"][0]["cluster"]
    assert base64.b64decode(cluster["certificate-authority-data"]) == b"PEM"
    assert content["users"] == [{"name": "scaler", "user": {"token": "t0ken"}}]
