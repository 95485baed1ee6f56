"""A home with damaged files: told in a sentence, and recovered when that is asked for."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from shared.embedded.cluster import Cluster, ClusterError, ClusterSettings
from shared.embedded.kinds import CONFIG_MAP


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("pki/server.key", b"", "it holds no key"),
        ("pki/ca.crt", b"no certificate", "it did not sign the certificate"),
        ("cluster.id", b"", "it holds no id"),
        ("cluster.db", b"no store" * 999, "file is not a database"),
        ("cluster.db", None, "it is no file"),
    ],
)
async def test_a_damaged_file_is_told_and_kept_aside(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    async with Cluster(ClusterSettings(tmp_path)) as cluster:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}}
        cluster.api.create(CONFIG_MAP, body, "default", manager="test")
    path = tmp_path / name
    if content is None:
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(ClusterError, match=said) as told:
        await Cluster(ClusterSettings(tmp_path)).__aenter__()
    assert told.value.damaged
    assert str(told.value).startswith(str(path))
    assert "--recover" in str(told.value)
    assert content is None or path.read_bytes() == content, "nothing was changed"

    async with Cluster(ClusterSettings(tmp_path, recover=True)) as cluster:
        assert len(list(tmp_path.glob(f"{name.partition('/')[0]}.damaged-*"))) == 1
        assert any("is kept as" in each for each in cluster.recovered)
        found = cluster.api.find(CONFIG_MAP, "kept", "default")
        assert (found is None) == (name == "cluster.db")
    async with Cluster(ClusterSettings(tmp_path, recover=True)) as cluster:
        assert cluster.recovered == [], "a sound home is left alone"


@pytest.mark.parametrize(
    "name", ["tokens.json", "kubeconfig", "gateway.kubeconfig", "pki/server.key", "cluster.lock"]
)
async def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir(parents=True)
    with pytest.raises(ClusterError, match=name):
        await Cluster(ClusterSettings(tmp_path)).__aenter__()


async def test_the_process_says_one_sentence_and_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "cluster.db-wal").write_bytes(bytes(5_000))
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "shared.embedded", "--home", str(tmp_path), "--port", "0",
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, words = await child.communicate()
    assert child.returncode == 1
    assert words.decode().startswith(f"error: {tmp_path}/cluster.db is damaged: it is missing")
    assert len(words.splitlines()) == 1
