"""The configuration a leading scaler works by, as it publishes it for `explain`. Pure.

It is one document as the configuration file is (`scaler/config/document.py`), with what the
environment says where the file says nothing. It lies in an annotation of the Lease, which the
scaler may write and whoever reads the cluster may read; so neither comments nor passwords within
addresses are in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from scaler.config.document import FIELDS, Config, parse
from shared.service.documents import load_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_PUBLISHED: Final = 32 * 1024
"""Bytes; a longer document is left out, for each renewal of the Lease carries it."""
_PASSWORD: Final = re.compile(r"(?<=://)[^/@\s\"]*@")


def published(base: Config, text: str) -> str:
    """The document with the settings `base` of the environment and the file's `text` over them;
    empty when it is too long."""
    document = _stated(load_yaml(text) if text else {})
    merged: dict[str, Any] = {"source": base.source.kind, "gateways": list(base.source.gateways)}
    merged |= {name: value for name, value in document.items() if name in FIELDS and value != []}
    period = base.defaults.policy.period
    defaults = {} if period is None else {"period": f"{period:g}s"}
    merged["defaults"] = defaults | _stated(merged.get("defaults") or {})
    whole = _PASSWORD.sub("", orjson.dumps(merged).decode())
    return whole if len(whole.encode()) <= MAX_PUBLISHED else ""


def read_published(text: str) -> Config:
    """The configuration that `published` wrote; raises ConfigError."""
    return parse(text, Config())


def _stated(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if value is not None}
