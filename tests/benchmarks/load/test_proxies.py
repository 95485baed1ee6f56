"""The peers' configurations: understood by their programs, where these are installed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.load import arms
from benchmarks.load.proxies import caddy, envoy, haproxy, nginx, traefik
from benchmarks.load.proxies.setup import LOCKED, OPEN, Setup, apr1, sha1, sha512_crypt
from shared.runtime.ports import free_port

CHECKS = {
    "nginx": nginx.check,
    "haproxy": haproxy.check,
    "envoy": envoy.check,
    "caddy": caddy.check,
}


def setup(folder: Path) -> Setup:
    return Setup(folder, free_port(), free_port(), ["127.8.0.1:80"], arms.PROGRAMS)


@pytest.mark.parametrize("name", CHECKS)
def test_its_program_understands_it(name: str, folder: Path) -> None:
    if not arms.installed(name):
        pytest.skip(f"{name} is not installed; `make bench` installs it")
    check: Callable[[Setup], list[str]] = CHECKS[name]
    done = subprocess.run(check(setup(folder)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_routes_of_traefik(folder: Path) -> None:
    command = traefik.command(setup(folder))
    assert "--providers.file.filename=" + str(folder / "routes.yml") in command
    text = (folder / "routes.yml").read_text()
    assert f"/system/services/{OPEN}/exposed" in text
    assert f"{LOCKED}:$apr1$" in text


def test_passwords_are_kept_as_each_of_them_reads_them() -> None:
    assert apr1("secret") == "$apr1$8sFt66rZ$eup.HOtZcQ/VrnApBM3rR/"
    assert sha1("secret") == "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="
    assert sha512_crypt("secret").startswith("$6$8sFt66rZ$")


def test_every_arm_has_a_way_to_be_started() -> None:
    assert set(arms.ALL) == {"gateway", "forwarder", arms.BESIDE, *arms.COMMANDS}
    assert set(CHECKS) | {"traefik"} == set(arms.COMMANDS)
    assert not arms.installed("nginx", Path("/nowhere")) or arms.installed("nginx")
