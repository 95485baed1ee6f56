"""A real nginx in front of the gateway that ends TLS, as an ingress controller does."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from typing import TYPE_CHECKING, Final

from shared.runtime.ports import free_port
from tests.gateway.certificates import issue
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PROGRAM: Final = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
ADDRESS: Final = "127.0.0.2"
"""Where nginx's connections come from, so that the gateway can trust it and nobody else."""

_CONFIGURATION: Final = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
events {{}}
http {{
    access_log off;
    map $http_upgrade $onward {{ default upgrade; '' ''; }}
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {files.certificate}; ssl_certificate_key {files.key};
        location / {{
            proxy_pass {gateway};
            proxy_redirect off;
            proxy_bind {address};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $onward;
        }}
    }}
}}
"""


@contextlib.asynccontextmanager
async def ending_tls(folder: Path, gateway: str) -> AsyncIterator[str]:
    """Serve the origin `gateway` over TLS; yields the public origin."""
    assert PROGRAM is not None
    port = free_port()
    text = _CONFIGURATION.format(
        folder=folder, port=port, gateway=gateway, address=ADDRESS, files=issue(folder, "localhost")
    )
    (folder / "front.conf").write_text(text)
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "-c", folder / "front.conf", "-e", "stderr", "-p", folder
    )
    try:
        await until(lambda: _listens(process, port), "nginx listens", period=0.05)
        yield f"https://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _listens(process: asyncio.subprocess.Process, port: int) -> bool:
    assert process.returncode is None
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
