"""kubernetes_asyncio's readers of kubeconfigs and service accounts, without the rest of it.

Whoever imports a part of it gets all: a client generated of 800 modules, which took a third of the
start of a gateway and of which nothing is used here. The readers name two of its classes for types
and for calls that we do not make; so while they are imported, hollow packages stand in for it.
Whoever imports kubernetes_asyncio afterwards gets it whole.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT: Final = "kubernetes_asyncio"
_CLIENT: Final = "kubernetes_asyncio.client"


@contextmanager
def _hollow() -> Iterator[None]:
    """Within the block the packages are there and empty, but for the names that the readers take
    out of them."""
    try:
        for name in (_ROOT, _CLIENT):
            spec = find_spec(name)
            assert spec is not None, f"{name} is a dependency"
            sys.modules[name] = module_from_spec(spec)
        client: Any = sys.modules[_CLIENT]
        client.ApiClient = client.Configuration = object
        yield
    finally:
        for name in (_ROOT, _CLIENT):
            sys.modules.pop(name, None)


if _ROOT in sys.modules:
    from kubernetes_asyncio.config import ConfigException, load_incluster_config, load_kube_config
else:
    with _hollow():
        from kubernetes_asyncio.config import (
            ConfigException,
            load_incluster_config,
            load_kube_config,
        )

__all__ = ["ConfigException", "load_incluster_config", "load_kube_config"]
