"""What the log says of requests that are no HTTP, or whose body breaks off: one line, and no byte.

aiohttp logs a traceback that quotes what it could not read, an Authorization field among it. The
application gives it this logger instead. Of a flood a few lines are told, and the rest counted.
"""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from gateway.management.access.budget import Budget


class Quiet(logging.Filter):
    """Rewrites the records about malformed requests; others pass as they are."""

    def __init__(self) -> None:
        super().__init__()
        self._budget = Budget()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is told."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError | web.RequestPayloadError):
            return True
        unsaid = self._budget.spend(record.created)
        if unsaid is None:
            return False
        record.msg = "refused a malformed request (%s)%s%s"
        client = f" from {record.args[0]}" if isinstance(record.args, tuple) and record.args else ""
        more = f"; {unsaid} more were not told" if unsaid else ""
        record.args = (type(error).__name__, client, more)
        record.exc_info, record.exc_text = None, None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


def logger() -> logging.Logger:
    """The logger for aiohttp's own words."""
    found = logging.getLogger("gateway.management.http")
    if not any(isinstance(one, Quiet) for one in found.filters):
        found.addFilter(Quiet())
    return found
