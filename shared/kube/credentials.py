"""Where the API server is and who we are there: a kubeconfig, or the pod's service account.

The only file that reads them, by `library`. Used by the client and its transport.
"""

from __future__ import annotations

import logging
import os
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp
import yaml

from shared.kube import errors, library
from shared.kube.configuration import Configuration
from shared.service import bounds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = logging.getLogger(__name__)

_UNREADABLE: Final = (
    library.ConfigException, OSError, yaml.YAMLError, AttributeError, TypeError, ValueError
)  # fmt: skip


class Credentials:
    """Those of `source`: paths of kubeconfig files, or '' for what this machine or pod has."""

    def __init__(
        self, source: str, configuration: Configuration, connector: aiohttp.BaseConnector
    ) -> None:
        self._source = source
        self._configuration = configuration
        self.connector = connector
        """With the TLS that they ask for."""

    @classmethod
    @asynccontextmanager
    async def load(cls, source: str, connections: int) -> AsyncIterator[Self]:
        """Good for so many connections at a time; raises `NotConfigured`."""
        configuration = Configuration()
        await _read(source, configuration)
        async with aiohttp.TCPConnector(limit=connections, ssl=configuration.tls()) as connector:
            yield cls(source, configuration, connector)

    @property
    def host(self) -> str:
        """Scheme, host and port of the API server."""
        return self._configuration.host

    @property
    def options(self) -> dict[str, Any]:
        """What aiohttp is told with each request."""
        return self._configuration.options

    async def headers(self) -> dict[str, str]:
        """What a request carries; tokens that are known to end are renewed. Raises
        `NotConfigured`."""
        try:
            return await self._configuration.headers()
        except library.ConfigException as error:
            raise errors.NotConfigured(
                f"cannot renew the credentials of the cluster: {error}"
            ) from error

    async def renew(self) -> bool:
        """Read the files again, as a token may have been replaced before its time; whether one has.

        Client certificates are not taken anew: they belong to the connections.
        """
        before = await self.headers()
        try:
            await _read(self._source, self._configuration)
        except errors.NotConfigured as error:  # in the middle of being replaced
            log.warning("the credentials were refused and cannot be read again: %s", error)
            return False
        return await self.headers() != before


async def _read(source: str, configuration: Configuration) -> None:
    source = source or _default_source()
    try:
        if source:
            await _load_file(source, configuration)
        else:
            library.load_incluster_config(  # type: ignore[no-untyped-call]
                client_configuration=configuration
            )
    except _UNREADABLE as error:
        raise errors.NotConfigured(
            f"cannot read the cluster's address and credentials from "
            f"{source or 'the service account of this pod'}: {error}; "
            "set KUBECONFIG to a kubeconfig file, or run as a pod with a service account"
        ) from error


def _default_source() -> str:
    in_pod = "KUBERNETES_SERVICE_HOST" in os.environ
    return "" if in_pod else str(Path("~/.kube/config").expanduser())


def _require(source: str) -> None:
    # KUBECONFIG may name several files; the library only logs when none of them is there
    paths = [Path(part).expanduser() for part in source.split(os.pathsep) if part]
    if not any(path.exists() for path in paths):
        raise FileNotFoundError("no such file")
    for path in paths:  # the library builds what a file says, however large that becomes
        if path.is_file():
            with suppress(yaml.YAMLError):  # which it tells itself
                bounds.check(path.read_bytes())


async def _load_file(source: str, configuration: Configuration) -> None:
    _require(source)
    loader = await library.load_kube_config(
        config_file=source, client_configuration=configuration, persist_config=False
    )
    if hasattr(loader, "exec_plugin_expiry"):

        async def renew(configuration: Configuration) -> None:
            await loader.load_from_exec_plugin()  # runs the plugin only when its token has expired
            configuration.api_key["BearerToken"] = loader.token

        configuration.refresh_api_key_hook = renew
