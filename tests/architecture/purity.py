"""Rules of what is pure: modules that say so in their docstring, and whole rooms of the table.

A package whose docstring says so speaks for all that is in it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from tests.architecture.layout import Layout
from tests.architecture.sources import Module, Sources, Violation, within

REASON: Final = (
    "decisions must be functions over values, so that they can be tested without a clock, a "
    "network or a file"
)
CLAIM: Final = re.compile(r"\bpure\b", re.IGNORECASE)

IMPURE: Final = {
    *("asyncio", "concurrent", "multiprocessing", "queue", "sched", "threading"),
    *("aiohttp", "http.client", "kubernetes_asyncio", "select", "selectors", "socket", "ssl"),
    *("socketserver", "urllib.request", "uvloop"),
    *("fcntl", "glob", "io", "os", "psutil", "shutil", "signal", "sqlite3"),
    *("subprocess", "sys", "tempfile"),
    *("importlib", "random", "secrets", "time"),
}
"""Modules of time, chance, other processes and the outside world, and what may import them."""
HANDED: Final = "random.Random"
"""May be the type of an argument: whoever calls has chosen the seed."""
CALLS: Final = {"open", "input", "print", "exec", "eval", "breakpoint", "__import__"}
"""Built-in functions."""
METHODS: Final = {
    *("now", "utcnow", "today", "uuid1", "uuid4"),
    *("read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "mkdir", "unlink"),
}
"""Of dates, of identifiers, of paths; called by whatever name."""


def pure(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """What says that it is pure, or stands in a pure room, is pure and rests on what is pure."""
    for module in sources:
        why = claim(sources, layout, module)
        if not why:
            continue
        for use in impurities(sources, module):
            yield module.breaks(f"{use}, but {why}", REASON)
        for below, use in _faults_below(sources, layout, module):
            yield module.breaks(f"rests on {below.file}, which {use}, but {why}", REASON)


def claim(sources: Sources, layout: Layout, module: Module) -> str:
    """Why `module` should be pure; empty when nothing says so."""
    if CLAIM.search(module.docstring):
        return "says that it is pure"
    for prefix in layout.pure:
        if within(module.name, prefix):
            return f"{prefix} is pure by the table"
    package = module.name
    while package := package.rpartition(".")[0]:
        if package in sources.modules and CLAIM.search(sources.modules[package].docstring):
            return f"{package} says that it is pure"
    return ""


def _faults_below(sources: Sources, layout: Layout, module: Module) -> Iterator[tuple[Module, str]]:
    """What runs when `module` is imported and is not pure, each with its first impurity; modules
    that are claimed to be pure answer for themselves."""
    seen = {module.name}
    waiting = [module]
    while waiting:
        for needed in sources.loads(waiting.pop(), typing=False):
            if needed.name in seen or claim(sources, layout, needed):
                continue
            seen.add(needed.name)
            use = next(impurities(sources, needed), None)
            if use is None:
                waiting.append(needed)
            else:
                yield needed, use


def impurities(sources: Sources, module: Module) -> Iterator[str]:
    """What of `module` is not pure."""
    for each in sources.imports(module):
        handed = each.typing and each.full == HANDED
        if not handed and any(within(each.full, name) for name in IMPURE):
            yield f"imports {each.full}"
    for node, _ in module.nodes:
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in CALLS or (isinstance(node.func, ast.Attribute) and node.func.attr in METHODS):
            yield f"calls {called}"
