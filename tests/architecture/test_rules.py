"""The rules find what they forbid: small made-up trees, each with one fault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from tests.architecture import expressions, purity, rooms, shape
from tests.architecture.layout import Layout
from tests.architecture.sources import Sources, Violation
from tests.test_architecture import RULES, Rule

LAYOUT = Layout(
    order={
        "": (("shared/",), ("gateway/",)),
        "gateway": (("protocol/",), ("routing/", "management/"), ("process",)),
        "shared": (("embedded/",),),
    },
    walled=("gateway.management",),
    pure=("gateway.protocol",),
    entry_only=("shared.embedded",),
    speakers={"kubernetes_asyncio": "shared.embedded"},
    unmirrored={"tests/gateway/whole": "all rooms at once"},
)
FILES = {
    "gateway/__init__.py": '"""Package."""',
    "gateway/process.py": '"""Root."""\nimport asyncio\nfrom gateway.routing import match',
    "gateway/protocol/__init__.py": '"""Room."""',
    "gateway/protocol/head.py": '"""Heads."""\nfrom math import pi',
    "gateway/routing/__init__.py": '"""Room."""',
    "gateway/routing/match.py": '"""Routes. Pure."""\nfrom gateway.protocol.head import pi',
    "gateway/management/__init__.py": '"""Program."""',
    "shared/__init__.py": '"""Package."""',
    "shared/embedded/__init__.py": '"""Cluster."""\nimport kubernetes_asyncio',
    "shared/embedded/__main__.py": '"""Entry."""\nimport shared.embedded',
    "tests/gateway/routing/test_match.py": "",
    "tests/gateway/whole/test_all.py": "",
    "ARCHITECTURE.md": "`shared` `gateway/` `gateway/protocol` `gateway/routing/<name>.py`"
    " `gateway/routing/` `gateway/management` `shared/embedded/` `/system/services` `make`",
}

Tree = Callable[[dict[str, str]], Sources]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Makes a tree that keeps all rules but for the files given."""

    def made(changed: dict[str, str]) -> Sources:
        for file, text in {**FILES, **changed}.items():
            path = tmp_path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        return Sources(tmp_path, ("gateway", "shared"))

    return made


def test_the_tree_without_faults_keeps_all_rules(tree: Tree) -> None:
    sources = tree({})
    assert [each for rule in RULES for each in rule(sources, LAYOUT)] == []


FOR_TYPES = '"""Module."""\nif TYPE_CHECKING:\n    from '
FAULTS: list[tuple[Rule, str, str, str, str]] = [
    (
        rooms.circles,
        "gateway/protocol/head.py",
        FOR_TYPES + "gateway.routing.match import Route",
        "comes back to itself by imports (→ gateway/routing/match.py → gateway/protocol/head.py)",
        rooms.CIRCLE,
    ),
    (
        rooms.absolute,
        "gateway/process.py",
        "from . import routing",
        "imports ..routing",
        rooms.RELATIVE,
    ),
    (
        rooms.computed,
        "gateway/process.py",
        "import importlib\nimportlib.import_module('gateway.routing')",
        "calls import_module",
        rooms.HIDDEN,
    ),
    (rooms.files, "gateway/extra.py", "", "is in no room of gateway", rooms.ROOMS),
    (rooms.files, "gateway/attic/old.py", "", "is in no room of gateway", rooms.ROOMS),
    (rooms.files, "gateway/protocol.py", "", "is in no room of gateway", rooms.ROOMS),
    (
        rooms.order,
        "gateway/protocol/head.py",
        FOR_TYPES + "gateway.routing.match import Route",
        "imports gateway.routing.match",
        "the order of rooms in gateway is protocol/ < routing/ management/ < process; ",
    ),
    (
        rooms.order,
        "gateway/routing/match.py",
        "import gateway.management",
        "imports gateway.management",
        "the order of rooms in gateway",
    ),
    (
        rooms.order,
        "shared/embedded/api.py",
        "def late():\n    import gateway.process",
        "imports gateway.process",
        "the order of rooms in the repository is shared/ < gateway/; ",
    ),
    (
        rooms.walls,
        "gateway/process.py",
        "from gateway import management",
        "imports gateway.management through a wall",
        rooms.WALLED,
    ),
    (
        rooms.walls,
        "gateway/management/app.py",
        "from gateway.protocol.head import pi",
        "imports gateway.protocol.head through a wall",
        rooms.WALLED,
    ),
    (
        rooms.entry_points,
        "gateway/process.py",
        "from shared import embedded",
        "imports shared.embedded",
        rooms.ENTRY,
    ),
    (
        rooms.speakers,
        "gateway/process.py",
        "from kubernetes_asyncio.client import ApiClient",
        "imports kubernetes_asyncio.client, as only shared.embedded does",
        rooms.SPEAKER,
    ),
    (
        purity.pure,
        "gateway/routing/match.py",
        '"""Decides: pure."""\nimport asyncio',
        "imports asyncio, but says that it is pure",
        purity.REASON,
    ),
    (
        purity.pure,
        "gateway/routing/match.py",
        '"""Decides. Pure."""\nfrom os import environ',
        "imports os.environ, but says that it is pure",
        purity.REASON,
    ),
    (
        purity.pure,
        "gateway/routing/match.py",
        '"""Pure: decides."""\nrules = open("rules")',
        "calls open, but says that it is pure",
        purity.REASON,
    ),
    (
        purity.pure,
        "gateway/routing/match.py",
        '"""Decides. Pure."""\nclock = __import__("time").monotonic',
        "calls __import__, but says that it is pure",
        purity.REASON,
    ),
    (
        purity.pure,
        "gateway/protocol/head.py",
        '"""Heads."""\nfrom datetime import datetime\n\ndef age():\n    return datetime.now()',
        "calls datetime.now, but gateway.protocol is pure by the table",
        purity.REASON,
    ),
    (
        purity.pure,
        "gateway/routing/match.py",
        '"""Decides. Pure."""\nfrom gateway import process',
        "rests on gateway/process.py, which imports asyncio, but says that it is pure",
        purity.REASON,
    ),
    (
        shape.short_files,
        "gateway/process.py",
        "\n" * 401,
        "has 401 lines, more than 400",
        shape.SHORT,
    ),
    (
        shape.short_files,
        "shared/embedded/__main__.py",
        "\n" * 81,
        "has 81 lines, more than 80",
        shape.ENTRY,
    ),
    (
        shape.short_functions,
        "gateway/process.py",
        "def long():" + "\n    pass" * 50,
        "has long of 51 lines, more than 50",
        shape.SHORT,
    ),
    (shape.documented, "gateway/process.py", "", "has no docstring", shape.DOCUMENTED),
    (
        expressions.no_possessive_groups,
        "gateway/protocol/head.py",
        '"""Heads."""\nSPACE = rb\'[)*+]++\\)++(?:a|\\))*+\'',
        "repeats a group possessively",
        expressions.POSSESSIVE,
    ),
    (
        shape.mirrored,
        "tests/gateway/attic/test_old.py",
        "",
        "mirrors gateway/attic, which does not exist",
        shape.MIRRORED,
    ),
]


@pytest.mark.parametrize(
    ("rule", "file", "text", "what", "reason"),
    FAULTS,
    ids=[f"{rule.__name__}: {what}" for rule, _, _, what, _ in FAULTS],
)
def test_a_fault_is_reported_with_its_file_and_the_reason(
    tree: Tree, rule: Rule, file: str, text: str, what: str, reason: str
) -> None:
    (found,) = rule(tree({file: text}), LAYOUT)
    assert (found.file, found.what) == (file, what)
    assert found.reason.startswith(reason)
    assert str(found) == f"{file} {what}: {found.reason}"


def test_a_package_that_says_that_it_is_pure_speaks_for_what_is_in_it(tree: Tree) -> None:
    sources = tree(
        {
            "gateway/routing/__init__.py": '"""Decisions: pure."""',
            "gateway/routing/late.py": '"""Late."""\nfrom time import monotonic',
        }
    )
    (found,) = purity.pure(sources, LAYOUT)
    assert found.file == "gateway/routing/late.py"
    assert found.what == "imports time.monotonic, but gateway.routing says that it is pure"


def test_chance_may_be_an_argument_but_is_not_called(tree: Tree) -> None:
    draw = "gateway/routing/draw.py"
    typed = '"""Draws. Pure."""\nif TYPE_CHECKING:\n    from random import Random'
    assert list(purity.pure(tree({draw: typed}), LAYOUT)) == []
    (found,) = purity.pure(tree({draw: '"""Draws. Pure."""\nfrom random import Random'}), LAYOUT)
    assert found.what == "imports random.Random, but says that it is pure"


def test_what_is_pure_rests_on_nothing_impure_however_far_below(tree: Tree) -> None:
    sources = tree(
        {
            "gateway/routing/high.py": '"""Pure."""\nimport gateway.routing.middle',
            "gateway/routing/middle.py": "import gateway.routing.low",
            "gateway/routing/low.py": "import time\nimport gateway.process",
        }
    )
    (found,) = purity.pure(sources, LAYOUT)
    assert found.file == "gateway/routing/high.py"
    assert found.what.startswith("rests on gateway/routing/low.py, which imports time, ")


def test_each_of_two_circles_is_reported_once(tree: Tree) -> None:
    sources = tree(
        {
            "gateway/routing/one.py": "import gateway.routing.two",
            "gateway/routing/two.py": "import gateway.routing.three",
            "gateway/routing/three.py": "import gateway.routing.one",
            "shared/embedded/first.py": "import shared.embedded.second",
            "shared/embedded/second.py": "import shared.embedded.first",
        }
    )
    found = list(rooms.circles(sources, LAYOUT))
    assert [each.file for each in found] == ["gateway/routing/one.py", "shared/embedded/first.py"]
    assert "two.py → gateway/routing/three.py → gateway/routing/one.py" in found[0].what


def test_a_circle_is_found_that_closes_only_through_the_init_of_a_package(tree: Tree) -> None:
    sources = tree(
        {
            "gateway/routing/one.py": "import gateway.process",
            "gateway/process.py": "import gateway.routing.match",
            "gateway/routing/__init__.py": "import gateway.routing.one",
        }
    )
    (found,) = rooms.circles(sources, LAYOUT)
    assert "gateway/routing/__init__.py" in found.what


def test_what_is_pure_rests_on_the_init_of_a_package_it_reaches_into(tree: Tree) -> None:
    sources = tree({"shared/clock/__init__.py": "import time", "shared/clock/names.py": ""})
    sources = tree({"gateway/routing/match.py": '"""Pure."""\nimport shared.clock.names'})
    (found,) = purity.pure(sources, LAYOUT)
    assert found.what.startswith("rests on shared/clock/__init__.py, which imports time, ")


def test_the_table_names_what_exists(tree: Tree) -> None:
    layout = Layout(
        order={"gateway": (("protocol/", "gone/"), ("routing/", "management/", "process"))},
        pure=("gateway.lost",),
    )
    sources = tree({})
    assert list(rooms.table(sources, layout)) == [
        Violation("gateway/lost", "does not exist", rooms.TABLE)
    ]
    assert list(rooms.files(sources, layout)) == [
        Violation("gateway/gone/", "does not exist", rooms.TABLE)
    ]


def test_the_page_names_every_room_and_nothing_else(tree: Tree) -> None:
    text = FILES["ARCHITECTURE.md"].replace("`gateway/protocol`", "`gateway/protocols/`")
    sources = tree({"ARCHITECTURE.md": text + " `match.py` `tests/<package>/<room>/test_<x>.py`"})
    assert list(shape.page(sources, LAYOUT)) == [
        Violation(shape.PAGE, "does not name `gateway/protocol`", shape.NAMED),
        Violation(shape.PAGE, "names `gateway/protocols`, which does not exist", shape.STALE),
        Violation(shape.PAGE, "names `match.py`, which does not exist", shape.STALE),
    ]
