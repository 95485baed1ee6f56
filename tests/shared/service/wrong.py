"""Definitions that are wrong in one place, made at random from one that is right."""

from __future__ import annotations

import copy
from random import Random
from typing import Any, Final

Body = dict[str, Any]

GOOD: Final[Body] = {
    "name": "ocr",
    "image": "registry/ocr:1",
    "script": "exec python server.py\n",
    "memory": "1Gi",
    "cpu": "500m",
    "environment": {"variables": {"MODE": "fast"}, "secrets": {"KEY": "hidden"}},
    "expose": {
        "api_port": [5000, 5001],
        "min_scale": 2,
        "max_scale": 5,
        "cpu_threshold": 70,
        "nodePort": [0, 0],
        "rewrite_target": True,
        "default_command": False,
        "set_auth": True,
        "auth_type": "basic",
        "health_path": "/ready",
        "probe_mode": "direct",
        "timeouts": {"first_byte": 60, "queue": 5},
        "startup_timeout": "20m",
        "grace": 90,
        "protocol": "grpc",
        "concurrency": 4,
        "affinity": False,
        "rate_limit": {"requests": "100/m", "burst": 20, "in_flight": 4, "per": "service"},
        "scaling": {
            "policy": "hpa",
            "down": {"window": "5m"},
            "schedules": [],
            "wake_except": {"paths": ["/health"], "user_agents": ["bot"]},
        },
    },
    "volume": {"name": "files", "size": "1Gi", "mount_path": "/data", "lifecycle_policy": "retain"},
    "labels": {"team": "vision"},
    "annotations": {"example.org/note": "a note"},
    "image_pull_secrets": ["registry"],
    "input": [{"storage_provider": "minio.default", "path": "ocr/in"}],
    "output": [{"storage_provider": "minio.default", "path": "ocr/out"}],
    "synchronous": {"min_scale": 0, "max_scale": 1},
    "total_memory": "2Gi",
    "enable_gpu": False,
    "log_level": "INFO",
    "visibility": "private",
    "allowed_users": [],
    "storage_providers": {"minio": {"default": {"endpoint": "https://example.org"}}},
}

_TEXT: Final[tuple[Any, ...]] = ([], {}, [1], {"a": 1}, True, False)
_MAPPING: Final[tuple[Any, ...]] = ("x", 1, 1.5, True, False, [], ["x"], "")
_LIST: Final[tuple[Any, ...]] = ("x", 1, True, {}, {"a": 1})
_NUMBER: Final[tuple[Any, ...]] = ("x", "1.5", [], {}, True, -1, 2**31, 10**17, 1.5, "٣", " 1")
_FLAG: Final[tuple[Any, ...]] = ("x", 2, -1, [], {}, "")
_QUANTITY: Final[tuple[Any, ...]] = (
    *_TEXT,
    "x",
    "-1",
    "1 Gi",
    "1GiB",
    "1e999",
    "٣",
    "Gi",
    "0x10",
    "1\n",
)
_PORT: Final[tuple[Any, ...]] = (
    "x", {}, True, -1, 65_536, [[5000]], ["x"], [5000, 0], [5000, 5000], [-1], [None]
)  # fmt: skip

WRONG: Final[dict[str, tuple[Any, ...]]] = {
    "name": (*_TEXT, None, "", 5, "A", "a_b", "-a", "a-", "a.b", "a b", "é", "a" * 40, "a\n", "٣"),
    "image": (*_TEXT, None, "", 5, "a b", " a", "a\n", "a\u00a0b", "a\u200bb", "a" * 2000),
    "script": (*_TEXT, None, "", 5, 1.5),
    "memory": (*_QUANTITY, "0", 0, "2E"),
    "cpu": (*_QUANTITY, "0", 0, "1u", "1M"),
    "environment": _MAPPING,
    "environment.variables": _MAPPING,
    "environment.variables.MODE": ([], {}, ["a"], {"a": 1}, "x" * 131_072),
    "environment.secrets": _MAPPING,
    "environment.secrets.KEY": ([], {}, ["a"], {"a": 1}, "x" * 131_072),
    "expose": ("x", 1, True, False, ["x"], [], ""),
    "expose.api_port": _PORT,
    "expose.min_scale": (*_NUMBER, 10_001),
    "expose.max_scale": (*_NUMBER, 10_001, 1),
    "expose.cpu_threshold": (*_NUMBER, 1001),
    "expose.nodePort": ("x", True, [-1, 0], [80, 0], [0], 30_500, [40_000, 0], {}, [0, 0, 0]),
    "expose.rewrite_target": _FLAG,
    "expose.set_auth": _FLAG,
    "expose.auth_type": (*_TEXT, "digest", 5, " basic"),
    "expose.health_path": (*_TEXT, "/a b", "/é", "/a\r\nX: y"),
    "expose.probe_mode": (*_TEXT, "indirect"),
    "expose.protocol": (*_TEXT, "http2", "h2", 2, "http/1.1"),
    "expose.timeouts": _MAPPING,
    "expose.timeouts.first_byte": ("x", [], {}, True, -1, -0.5, 10**6),
    "expose.startup_timeout": (*_TEXT, "soon", "-1s", -1, "0.5s", "25h"),
    "expose.grace": (*_TEXT, "soon", "-1s", -1, 4, "25h"),
    "expose.concurrency": _NUMBER,
    "expose.rate_limit": ("x", 1, True, [1], ["x"], [{}], {}, [{"requests": 1}] * 9),
    "expose.rate_limit.requests": (
        *_TEXT,
        "x",
        "10/d",
        "-1",
        -1,
        "1e3",
        "10 / s",
        "٣",
        0.0001,
        "1000001/s",
        "0.5/h",
    ),
    "expose.rate_limit.burst": (*_NUMBER, 1_000_001),
    "expose.rate_limit.in_flight": (*_NUMBER, 100_001),
    "expose.rate_limit.per": (*_TEXT, "user", 5, " address"),
    "expose.scaling": _MAPPING,
    "expose.scaling.policy": (*_TEXT, "magic", 5),
    "expose.scaling.down": _MAPPING,
    "expose.scaling.down.window": (*_TEXT, "soon", "-1s", "2h", -1),
    "expose.scaling.zero_after": (*_TEXT, "soon", "-1s", "0.5", "31d", "721h", -1),
    "expose.scaling.wake_to": ("x", 1.5, -1, 0, 10_001, 11, [], {}),
    "expose.scaling.wake_except": _MAPPING,
    "expose.scaling.wake_except.paths": ("/x", {}, 1, [1], [""], ["x"], ["/x"] * 33),
    "expose.scaling.wake_except.user_agents": ("x", {}, 1, [1], [""], ["x" * 201], ["x"] * 33),
    "expose.scaling.schedules": ("x", 1, {}, [1], [{}], [{"cron": "x"}], [None] * 33),
    "volume": ("x", 1, True, False, ["x"], [], ""),
    "volume.name": (*_TEXT, "A", "a b", "a" * 64, "-a", "é"),
    "volume.size": (*_QUANTITY[:-1], "0", "2E"),
    "volume.mount_path": (
        *_TEXT,
        None,
        "",
        "data",
        "/",
        "/oscar/config",
        "/a:b",
        "/a/../b",
        "/\x7f",
    ),
    "volume.lifecycle_policy": (*_TEXT, "keep", "Delete"),
    "labels": _MAPPING,
    "labels.team": ([], {}, "a b", "é", "-a", "a" * 64, "a@b"),
    "annotations": _MAPPING,
    "annotations.example.org/note": ([], {}, ["a"]),
    "image_pull_secrets": (*_LIST, [1], ["A"], ["a b"], [""], [None], ["a" * 254]),
    "input": (*_LIST, [1], [{}], [{"path": ""}], [{"path": " / "}], [{"path": []}]),
    "output": (*_LIST, ["x"], [{}], [{"path": "///"}], [{"path": 1, "suffix": "x"}]),
    "synchronous": _MAPPING,
    "synchronous.min_scale": _NUMBER,
    "total_memory": _QUANTITY,
    "enable_gpu": _FLAG,
    "log_level": _TEXT,
    "visibility": (*_TEXT, "bogus", 1),
    "allowed_users": (*_LIST, [1], [None]),
}
"""By path, values that no field of its kind takes."""

_KEYS: Final = {
    "environment.variables": ("", "1a", "a b", "é", "a=b", "a\n"),
    "environment.secrets": ("", "1a", "a b", "é", "a=b", "a" * 254),
    "labels": ("", "a b", "é", "-a", "a/", "/a", "a" * 64, "a/b/c"),
    "annotations": ("", "a b", "é", "-a", "a/", "/a", "a" * 64),
}
_FREE: Final = (
    "script",
    "cpu",
    "environment.variables.MODE",
    "environment.secrets.KEY",
    "expose.health_path",
    "expose.min_scale",
    "expose.scaling.more",
    "annotations.example.org/note",
    "labels.team",
    "log_level",
    "vo",
    "storage_providers.minio.more",
    "unknown",
    "unknown \u00a0\u2028\ufeff\x85#: key",
)
"""Fields that take nearly everything, or much."""
_ANYWHERE: Final[tuple[Any, ...]] = ("a\0b", "\ud800", float("nan"), float("inf"), 10**40)


def deep(levels: int) -> Any:
    """Lists in one another."""
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


def wrong(random: Random) -> tuple[Body, str]:
    """A definition that is wrong, and the field that the refusal must name."""
    body = copy.deepcopy(GOOD)
    kind = random.randrange(10)
    if kind < 7:
        path = random.choice(tuple(WRONG))
        _put(body, path, random.choice(WRONG[path]))
        return body, path
    if kind == 7:
        path = random.choice(tuple(_KEYS))
        _inside(body, path)[random.choice(_KEYS[path])] = "x"
        return body, path
    path = random.choice((*WRONG, "storage_providers.minio.more", "unknown"))
    if kind == 8:
        _put(body, path, random.choice(_ANYWHERE))
        return body, path
    _put(body, path, deep(random.randrange(100, 400)))
    return body, "document"


def odd(random: Random) -> Body:
    """A definition with an unusual value somewhere, which may be right or wrong."""
    body = copy.deepcopy(GOOD)
    for path in random.sample(_FREE, 2):
        _put(body, path, _unusual(random))
    if random.random() < 0.1:
        _inside(body, random.choice(tuple(_KEYS)))[_text(random)] = "x"
    return body


def _unusual(random: Random) -> Any:
    scalars = (
        None,
        True,
        0,
        1,
        -1,
        3,
        2**53,
        2**63,
        0.5,
        1e300,
        1e-9,
        "",
        "1",
        "true",
        "a",
        "A-b_c.d",
        "0x1",
    )
    return random.choice(
        (_text(random), _text(random), random.choice(scalars), random.choice(scalars), [], {})
    )


def _text(random: Random) -> str:
    letters = "abcXYZ019-_./:$%{}\t\n\r\x1b\x85\u00a0\u2028\ufeff\ufffe\"'#é始🚀 "
    return "".join(random.choices(letters, k=random.choice((1, 2, 5, 20, 80))))


def _inside(body: Body, path: str) -> Any:
    inner: Any = body
    for step in path.split(".") if path else ():
        inner = inner[step]
    return inner


def _put(body: Body, path: str, value: Any) -> None:
    parent, _, name = path.rpartition(".")
    if path.startswith("annotations."):  # whose keys have dots
        parent, _, name = path.partition(".")
    _inside(body, parent)[name] = value
