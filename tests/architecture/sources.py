"""A tree of sources as the rules see it: its modules, what they import, and what they say.

The one place that reads files; every rule is a function over a `Sources`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True, order=True)
class Violation:
    """What a file does, and the reason of the rule that it breaks."""

    file: str
    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file} {self.what}: {self.reason}"


@dataclass(frozen=True)
class Import:
    """`name` is the module that is imported, `full` has what is taken out of it too."""

    name: str
    full: str
    typing: bool
    """Only type checkers see it."""


class Module:
    """One file. `name` is dotted; that of a package's `__init__` is the package's."""

    def __init__(self, root: Path, path: Path) -> None:
        self.path = path
        self.file = path.relative_to(root).as_posix()
        parts = path.relative_to(root).with_suffix("").parts
        self.name = ".".join(parts).removesuffix(".__init__")
        self.text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)

    @property
    def docstring(self) -> str:
        """Of the module; empty when there is none."""
        return ast.get_docstring(self.tree) or ""

    @cached_property
    def nodes(self) -> list[tuple[ast.AST, bool]]:
        """All of its syntax, and whether only type checkers see it."""
        return list(_walk(self.tree, typing=False))

    def breaks(self, what: str, reason: str) -> Violation:
        return Violation(self.file, what, reason)


class Sources:
    """All modules of some packages below `root`."""

    def __init__(self, root: Path, packages: tuple[str, ...]) -> None:
        self.root = root
        self.packages = packages
        paths = [path for package in packages for path in (root / package).rglob("*.py")]
        found = [Module(root, path) for path in sorted(paths)]
        self.modules = {module.name: module for module in found}
        self._imports = {module.name: tuple(self._read(module)) for module in found}

    def __iter__(self) -> Iterator[Module]:
        return iter(self.modules.values())

    def imports(self, module: Module) -> tuple[Import, ...]:
        """All that `module` imports, wherever in the file."""
        return self._imports[module.name]

    def needs(self, module: Module, *, typing: bool) -> list[Module]:
        """Modules of the tree that `module` imports; `typing` adds those for its types alone."""
        names = {each.name: None for each in self.imports(module) if typing or not each.typing}
        return [self.modules[name] for name in names if name in self.modules]

    def loads(self, module: Module, *, typing: bool) -> list[Module]:
        """`needs`, and the packages around them, whose `__init__` Python runs first."""
        found: dict[str, Module] = {}
        for needed in self.needs(module, typing=typing):
            name = needed.name
            while name and not within(module.name, name):
                found.setdefault(name, self.modules.get(name, needed))
                name = name.rpartition(".")[0]
        return list(found.values())

    def below(self, prefix: str) -> list[Module]:
        """`prefix` and what is in it; all modules when it is empty."""
        return [module for module in self if within(module.name, prefix)]

    def _read(self, module: Module) -> Iterator[Import]:
        for node, typing in module.nodes:
            if isinstance(node, ast.Import):
                yield from (Import(alias.name, alias.name, typing) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                source = "." * node.level + (node.module or "")
                for alias in node.names:
                    full = f"{source}.{alias.name}"
                    yield Import(full if full in self.modules else source, full, typing)


def within(name: str, prefix: str) -> bool:
    """Whether `name` is `prefix` or in it."""
    return not prefix or name == prefix or name.startswith(prefix + ".")


def _walk(node: ast.AST, *, typing: bool) -> Iterator[tuple[ast.AST, bool]]:
    yield node, typing
    checked: list[ast.stmt] = []
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        checked = node.body
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, typing=typing or child in checked)
