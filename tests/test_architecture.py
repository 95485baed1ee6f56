"""The rules of the layout, read off the source: who may import whom, what is pure, how long."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("gateway", "scaler", "shared")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in FILES}

LONGEST_FILE = 400
LONGEST_FUNCTION = 50

# Modules that only compute: bytes and values in, values out.
PURE = (
    "gateway.protocol.http1",
    "gateway.protocol.framing",
    "gateway.protocol.headers",
    "gateway.routing.match",
    "gateway.routing.auth",
    "gateway.services.balancer",
    "gateway.services.retry",
    "gateway.protocol.responses",
    "gateway.management.credentials",
    "gateway.management.forward_auth",
    "gateway.management.pod",
    "gateway.management.render",
    "gateway.management.representation",
    "gateway.management.status",
    "scaler.decision",
    "scaler.cluster.observe",
    "scaler.sources.in_flight",
    "shared.service.documents",
    "shared.service.expose",
    "shared.service.fdl",
    "shared.service.fields",
    "shared.kube.backoff",
    "shared.kube.changes",
    "shared.kube.errors",
    "shared.kube.lines",
    "shared.kube.reflector",
    "shared.kube.remedy",
    "shared.kube.resources",
    "shared.kube.series",
    "shared.kube.times",
    "shared.service.model",
    "shared.service.names",
    "shared.service.quantity",
)
IMPURE = {
    *("asyncio", "socket", "ssl", "select", "selectors", "subprocess", "threading", "random"),
    *("time", "aiohttp", "kubernetes_asyncio", "uvloop", "psutil", "sqlite3"),
}

# importer prefix → prefixes it must not import.
FORBIDDEN = {
    "gateway": ("scaler",),
    "scaler": ("gateway",),
    "shared": ("gateway", "scaler"),
    "shared.kube": ("shared.embedded", "shared.cli"),
    "shared.embedded": ("shared.kube", "shared.cli"),
    "gateway.management": (
        "gateway.dataplane.server",
        "gateway.dataplane.exchange",
        "gateway.dataplane.upstream",
    ),
}
CLUSTER_CLIENT = "shared.kube.client"


def within(module: str, prefix: str) -> bool:
    return module == prefix or module.startswith(prefix + ".")


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports(module: str) -> Iterator[str]:
    """The full names of all that `module` imports, wherever in the file."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively; write the full name"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def needed(module: str) -> Iterator[str]:
    """Our own modules that `module` imports when it runs, not for its types alone."""
    for_types = {
        inner
        for node in ast.walk(tree(module))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ImportFrom) and node not in for_types:
            names = {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
            yield from names & MODULES.keys()


def test_the_rules_name_what_exists() -> None:
    """A rule about a module that was renamed would hold for ever."""
    for prefix in (*PURE, *FORBIDDEN, CLUSTER_CLIENT):
        assert any(within(module.removesuffix(".__init__"), prefix) for module in MODULES), prefix


@pytest.mark.parametrize(("importer", "banned"), FORBIDDEN.items())
def test_layers(importer: str, banned: tuple[str, ...]) -> None:
    wrong = [
        f"{module} imports {name}"
        for module in MODULES
        if within(module, importer)
        for name in imports(module)
        if any(within(name, prefix) for prefix in banned)
    ]
    assert not wrong


def test_only_entry_points_know_the_embedded_cluster() -> None:
    wrong = [
        f"{module} imports {name}"
        for module in MODULES
        if not within(module, "shared.embedded") and not module.endswith("__main__")
        for name in imports(module)
        if within(name, "shared.embedded")
    ]
    assert not wrong


@pytest.mark.parametrize("prefix", PURE)
def test_pure_modules(prefix: str) -> None:
    wrong = [
        f"{module} imports {name}"
        for module in MODULES
        if within(module, prefix)
        for name in imports(module)
        if name.partition(".")[0] in IMPURE
    ]
    assert not wrong


@pytest.mark.parametrize("prefix", PURE)
def test_pure_modules_rest_on_pure_ones(prefix: str) -> None:
    seen = {module for module in MODULES if within(module, prefix)}
    waiting = list(seen)
    while waiting:
        found = set(needed(waiting.pop())) - seen
        seen |= found
        waiting += found
    wrong = [
        f"{module} imports {name}"
        for module in seen
        for name in imports(module)
        if name.partition(".")[0] in IMPURE
    ]
    assert not wrong


def test_one_module_speaks_to_the_cluster() -> None:
    users = {
        module
        for module in MODULES
        if any(within(name, "kubernetes_asyncio") for name in imports(module))
    }
    assert users == {CLUSTER_CLIENT}


def test_files_are_short() -> None:
    lengths = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


def test_functions_are_short() -> None:
    long = {
        f"{module}.{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: n for name, n in long.items() if n > LONGEST_FUNCTION} == {}


def test_every_module_says_what_it_is() -> None:
    assert [module for module in MODULES if not ast.get_docstring(tree(module))] == []
