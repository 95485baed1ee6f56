"""The image: the same install, whose programs run as an unprivileged user with a read-only root."""

from __future__ import annotations

import asyncio
import base64
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
import pytest
import yaml

from shared.runtime.ports import free_port
from tests.manifests.processes import until_ready
from tests.operations.image import Image, steps, tooled
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

LARGEST = 120 << 20
"""Bytes of the folder beside the base image."""
PROGRAMS = {"gateway": "gateway", "management": "gateway.management", "scaler": "scaler"}


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    folder = Path(tempfile.mkdtemp(prefix="image-"))  # a test's own folder is closed to others
    folder.chmod(0o755)
    python = shutil.which("python3.14") or shutil.which("python3", path="/usr/bin")
    made = Image(folder)
    made.build(tooled(folder / "tools", python or sys.executable))
    probe = subprocess.run(made.command("true"), capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        pytest.skip(f"no namespace of mounts for unprivileged users here: {probe.stderr}")
    yield made
    shutil.rmtree(folder)


@pytest.fixture
def accounts(image: Image, cluster_home: Path) -> dict[str, tuple[Path, dict[str, str]]]:
    """Of each program what a pod is given to find the API server: files, and variables."""
    found = {}
    for name in PROGRAMS:
        config = yaml.safe_load((cluster_home / f"{name}.kubeconfig").read_text())
        cluster = config["clusters"][0]["cluster"]
        url = urlsplit(cluster["server"])
        folder = image.folder / f"account-{name}"
        folder.mkdir(exist_ok=True)
        (folder / "token").write_text(config["users"][0]["user"]["token"])
        (folder / "namespace").write_text("oscar")
        authority = base64.b64decode(cluster["certificate-authority-data"])
        (folder / "ca.crt").write_bytes(authority)
        address = {"KUBERNETES_SERVICE_HOST": url.hostname, "KUBERNETES_SERVICE_PORT": url.port}
        found[name] = folder, {key: str(value) for key, value in address.items()}
    return found


@asynccontextmanager
async def running(
    image: Image, *argv: str, account: Path, environ: dict[str, str]
) -> AsyncIterator[list[str]]:
    """A program of the image until the block ends, then by SIGTERM; the lines that it wrote."""
    process = await asyncio.create_subprocess_exec(
        *image.command("python", "-m", *argv, account=account),
        env=image.environment() | environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    lines: list[str] = []

    async def read() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            lines.append(line.decode())

    reading = asyncio.create_task(read(), name="what the program writes")
    try:
        yield lines
        assert process.returncode is None, "".join(lines)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0, "".join(lines)
        await reading


def test_nothing_can_be_written(image: Image) -> None:
    where = [image.venv, image.folder, Path("/tmp"), Path.home(), Path("/run")]
    for folder in where:
        done = subprocess.run(
            image.command("touch", str(folder / "made")), capture_output=True, check=False
        )
        assert done.returncode != 0


@pytest.mark.parametrize("module", PROGRAMS.values())
def test_each_program_tells_its_settings(image: Image, module: str) -> None:
    done = subprocess.run(
        image.command("python", "-m", module, "--help"),
        env=image.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "LOG_LEVEL" in done.stdout or "run" in done.stdout


async def test_a_gateway_of_two_workers_needs_to_write_nowhere(
    image: Image, accounts: dict[str, tuple[Path, dict[str, str]]]
) -> None:
    account, address = accounts["gateway"]
    public, admin = free_port(), free_port()
    environ = address | {
        "GATEWAY_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(public),
        "GATEWAY_ADMIN_HOST": "127.0.0.1",
        "GATEWAY_ADMIN_PORT": str(admin),
        "GATEWAY_WORKERS": "2",
        "GATEWAY_SNAPSHOT": "/srv/table",
        "GATEWAY_DRAIN_GRACE": "0",
        "LOG_FORMAT": "json",
    }
    async with running(image, "gateway", account=account, environ=environ) as lines:
        await until_ready(admin)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{public}/system/services/x/exposed/") as got:
                assert got.status == 404

            async def both_run() -> bool:
                async with session.get(f"http://127.0.0.1:{admin}/metrics") as got:
                    metrics = await got.text()
                return "gateway_workers 2.0" in metrics and 'version="0.1.0"' in metrics

            await until(both_run, "both workers run", 60, period=0.1)
    assert not [line for line in lines if "Read-only" in line or "Traceback" in line]


async def test_services_api_and_scaler_need_to_write_nowhere(
    image: Image, accounts: dict[str, tuple[Path, dict[str, str]]]
) -> None:
    ports = free_port(), free_port()
    account, address = accounts["management"]
    management = address | {
        "MANAGEMENT_HOST": "127.0.0.1",
        "MANAGEMENT_PORT": str(ports[0]),
        "MANAGEMENT_USERNAME": "admin",
        "MANAGEMENT_PASSWORD": "secret",
    }
    async with running(image, "gateway.management", account=account, environ=management) as lines:
        await until_ready(ports[0])
    assert not [line for line in lines if "Read-only" in line or "Traceback" in line]
    account, address = accounts["scaler"]
    scaler = address | {"SCALER_HOST": "127.0.0.1", "SCALER_PORT": str(ports[1])}
    async with running(image, "scaler", "run", account=account, environ=scaler) as lines:
        await until_ready(ports[1])
    assert not [line for line in lines if "Read-only" in line or "Traceback" in line]


def test_it_is_small_and_has_nothing_that_installs_or_serves_people_only(image: Image) -> None:
    files = [path for path in image.venv.rglob("*") if path.is_file() and not path.is_symlink()]
    assert sum(path.stat().st_size for path in files) < LARGEST
    (packages,) = image.venv.glob("lib/python3*/site-packages")
    assert not [name for name in ("pip", "setuptools", "wheel") if (packages / name).exists()]
    assert not (packages / "shared" / "embedded").exists()
    assert (packages / "opentelemetry" / "sdk").is_dir()
    scripts = {path.name for path in (image.venv / "bin").iterdir()}
    assert not scripts & {"pip", "exposed", "gcc"}


def test_the_last_stage_takes_away_what_installs_and_gives_up_root() -> None:
    last = steps(1)
    assert ("USER", "10001:10001") in last
    removed = " ".join(argument for instruction, argument in last if instruction == "RUN")
    assert {"/usr/local/bin/pip*", "/usr/local/lib/python3.14/ensurepip"} <= set(removed.split())
    assert not any(word in removed for word in ("apt", "install"))
    copied = [argument for instruction, argument in last if instruction == "COPY"]
    assert copied == ["--from=build /venv /venv"]
