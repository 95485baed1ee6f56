"""What a kubeconfig or a service account says, as kubernetes_asyncio's readers write it down.

They set these attributes, by these names; the client reads them as headers, options and TLS.
"""

from __future__ import annotations

import inspect
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN: Final = "BearerToken"  # noqa: S105  the readers' name for it


@dataclass(slots=True, eq=False)
class Configuration:
    """One server and who we are there; files are named by their paths."""

    host: str = "http://localhost"
    """Scheme, host and port, perhaps a path."""
    ssl_ca_cert: str | None = None
    """Authorities that the server's certificate is checked against; None: those of this machine."""
    cert_file: str | None = None
    key_file: str | None = None
    verify_ssl: bool = True
    tls_server_name: str | None = None
    """What the certificate is to be for, when that is not the host."""
    proxy: str | None = None
    api_key: dict[str, str] = field(default_factory=dict)
    """The value of Authorization, under the name that the readers have for it."""
    refresh_api_key_hook: Callable[[Configuration], Any] | None = None
    """Brings `api_key` up to date, where it is known to end; may be a coroutine function."""

    async def headers(self) -> dict[str, str]:
        """What a request carries. Raises what the hook raises."""
        if _TOKEN not in self.api_key:
            return {}
        if self.refresh_api_key_hook is not None:
            done = self.refresh_api_key_hook(self)
            if inspect.isawaitable(done):
                await done
        return {"authorization": self.api_key[_TOKEN].strip()}

    @property
    def options(self) -> dict[str, Any]:
        """What aiohttp is told with each request."""
        options = {"proxy": self.proxy, "server_hostname": self.tls_server_name}
        return {name: value for name, value in options.items() if value}

    def tls(self) -> ssl.SSLContext | bool:
        """How connections are secured; True where the server is not asked for by TLS.

        Raises OSError (SSLError is one) for files that cannot be read.
        """
        if not self.host.startswith("https:"):
            return True
        context = ssl.create_default_context(cafile=self.ssl_ca_cert)
        if self.cert_file:
            context.load_cert_chain(self.cert_file, self.key_file)
        if not self.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context
