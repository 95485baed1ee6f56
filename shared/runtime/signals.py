"""The signals that ask a process to end: SIGTERM of whoever started it, SIGINT of a terminal.

Called once by each program as it starts; what is to happen then is the program's own matter.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable


def on_stop(call: Callable[[], object]) -> None:
    """Call `call` in the running event loop at each SIGTERM and SIGINT, in place of ending at once.

    It holds until the loop closes; a signal that comes again calls again.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, call)
