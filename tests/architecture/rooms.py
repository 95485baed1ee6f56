"""Rules of who may import whom: circles, the order of rooms, walls, entry points, libraries."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator

from tests.architecture.layout import Layout, Order
from tests.architecture.sources import Module, Sources, Violation, within

CIRCLE = (
    "no file of a circle can be read, tested or changed without the others; what two need of each "
    "other stands below both, as a protocol or a value"
)
RELATIVE = "a full name says which room it reaches into"
HIDDEN = "no rule sees what it imports"
COMPUTED = {"import_module", "__import__"}
ROOMS = "whoever looks for something finds it in the room that is called so"
TABLE = "a rule about what does not exist holds for ever"
WALLED = "it is a program of its own, which must start, fail and be changed alone"
ENTRY = "what is served must not depend on the cluster it is tried on; only `__main__` chooses it"
SPEAKER = "its peculiarities are translated once, at the edge"


def circles(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """No circle of imports anywhere, those for types included."""
    del layout
    waiting = {module.name for module in sources}
    for module in sources:
        if module.name in waiting and (circle := _circle(sources, module)):
            waiting -= {each.name for each in circle}
            way = " → ".join(each.file for each in (*circle[1:], module))
            yield module.breaks(f"comes back to itself by imports (→ {way})", CIRCLE)


def _circle(sources: Sources, start: Module) -> list[Module]:
    """The shortest way of imports from `start` back to it, without its end; empty when none is."""
    came: dict[str, Module] = {}
    queue = deque([start])
    while queue:
        module = queue.popleft()
        for needed in sources.loads(module, typing=True):
            if needed is start:
                way = [module]
                while way[-1] is not start:
                    way.append(came[way[-1].name])
                return way[::-1]
            if needed.name not in came:
                came[needed.name] = module
                queue.append(needed)
    return []


def absolute(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """Imports say the full name."""
    del layout
    for module in sources:
        for each in sources.imports(module):
            if each.name.startswith("."):
                yield module.breaks(f"imports {each.full}", RELATIVE)


def computed(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """Only entry points import by a name that is computed."""
    del layout
    for module in sources:
        used = {
            node.id if isinstance(node, ast.Name) else node.attr
            for node, _ in module.nodes
            if isinstance(node, ast.Name | ast.Attribute)
        }
        for name in sorted(used & COMPUTED):
            if not module.name.endswith("__main__"):
                yield module.breaks(f"calls {name}", HIDDEN)


def table(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """The table names what exists."""
    for name in (*layout.pure, *layout.walled, *layout.entry_only, *layout.speakers.values()):
        if name not in sources.modules:
            yield Violation(name.replace(".", "/"), "does not exist", TABLE)


def files(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """Each file stands in a room of the table, or is named in it; and each name of it exists."""
    for package, steps in layout.order.items():
        where = package or "the repository"
        missing = {name for step in steps for name in step}
        named = set(missing)
        for module in sources.below(package):
            room = _room(module.name, package)
            file = module.path.stem != "__init__" and module.name == _join(package, room)
            place = room if file else room + "/"
            missing.discard(place)
            if room and place not in named:
                yield module.breaks(f"is in no room of {where}", ROOMS)
        for name in sorted(missing):
            yield Violation(_join(package, name).replace(".", "/"), "does not exist", TABLE)


def order(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """Rooms import only rooms of lower steps; a package puts together what is in it."""
    for package, steps in layout.order.items():
        levels = _levels(steps)
        names = " < ".join(" ".join(step) for step in steps)
        reason = f"the order of rooms in {package or 'the repository'} is {names}; "
        reason += "what stands below must not know what stands on it"
        for module in sources.below(package):
            mine = _room(module.name, package)
            for needed in sources.needs(module, typing=True):
                theirs = _room(needed.name, package) if within(needed.name, package) else mine
                above = levels.get(mine, -1) if mine else len(steps)
                if mine != theirs and above <= levels.get(theirs, -1):
                    yield module.breaks(f"imports {needed.name}", reason)


def walls(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """Programs of their own and their siblings import nothing of each other."""
    for walled in layout.walled:
        package = walled.rpartition(".")[0]
        for module in sources:
            for needed in sources.needs(module, typing=True):
                inside, reached = within(module.name, walled), within(needed.name, walled)
                if inside != reached and (reached or within(needed.name, package)):
                    yield module.breaks(f"imports {needed.name} through a wall", WALLED)


def entry_points(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """Only entry points know the embedded cluster."""
    for module in sources:
        for needed in sources.needs(module, typing=True):
            for prefix in layout.entry_only:
                allowed = within(module.name, prefix) or module.name.endswith("__main__")
                if within(needed.name, prefix) and not allowed:
                    yield module.breaks(f"imports {needed.name}", ENTRY)


def speakers(sources: Sources, layout: Layout) -> Iterator[Violation]:
    """One module speaks to a library that is peculiar."""
    for module in sources:
        for each in sources.imports(module):
            speaker = layout.speakers.get(each.name.partition(".")[0], module.name)
            if speaker != module.name:
                yield module.breaks(f"imports {each.name}, as only {speaker} does", SPEAKER)


def _room(name: str, package: str) -> str:
    """The room of `package` that `name` is in; empty for the package itself."""
    rest = name[len(package) :].lstrip(".") if package else name
    return rest.partition(".")[0]


def _levels(steps: Order) -> dict[str, int]:
    return {name.rstrip("/"): level for level, step in enumerate(steps) for name in step}


def _join(package: str, name: str) -> str:
    return f"{package}.{name}" if package else name
