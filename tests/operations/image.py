"""The Dockerfile carried out without an engine: its build stage into a folder, by the Python of the
image if this machine has it, else by its own, and its programs as an unprivileged user who can
write nowhere. What it cannot show: the base image itself, and its last stage."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pathspec

ROOT = Path(__file__).parents[2]
USER = 10001
BUILDER = "pip==26.0"
"""All that the base image has for building."""
_ALONE = ["unshare", "--user", "--map-root-user", "--mount"]
_ROOTLESS = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]


def steps(stage: int) -> list[tuple[str, str]]:
    """Instruction and argument of each line of a stage, the first being 0."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    stages = re.split(r"^FROM .*$", "\n".join(lines), flags=re.M)
    split = (line.partition(" ") for line in stages[stage + 1].strip().splitlines())
    return [(instruction, argument) for instruction, _, argument in split]


@dataclass(frozen=True)
class Image:
    """What the build stage leaves: `venv`, in a folder that everybody may read."""

    folder: Path

    @property
    def venv(self) -> Path:
        return self.folder / "venv"

    def build(self, tools: Path) -> None:
        """Carry out the build stage; `tools` is a virtual environment with pip."""
        names = pathspec.GitIgnoreSpec.from_lines((ROOT / ".dockerignore").read_text().splitlines())
        for instruction, argument in steps(0):
            if instruction == "COPY":
                *sources, target = argument.split()
                for source in sources:
                    self._copy(source, Path(self._here(target)), names, to_folder=target[-1] == "/")
            else:
                assert instruction == "RUN", instruction
                self._run(self._here(argument), tools)

    def _here(self, text: str) -> str:
        return re.sub(r"(?<![\w.])/(venv|src)\b", rf"{self.folder}/\1", text)

    def _run(self, command: str, tools: Path) -> None:
        path = f"{tools / 'bin'}:{os.environ['PATH']}"
        environ = {**os.environ, "PATH": path}
        done = subprocess.run(
            ["sh", "-ec", command], env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    @staticmethod
    def _copy(source: str, target: Path, names: pathspec.GitIgnoreSpec, *, to_folder: bool) -> None:
        taken = [ROOT / source, *(ROOT / source).rglob("*")]
        for path in taken:
            relative = path.relative_to(ROOT)
            if path.is_dir() or names.match_file(str(relative)):
                continue
            place = (
                target / relative.name if to_folder else target / path.relative_to(ROOT / source)
            )
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)

    def environment(self) -> dict[str, str]:
        """What ENV of the last stage says, and nothing else."""
        pairs = " ".join(argument for instruction, argument in steps(1) if instruction == "ENV")
        said = dict(pair.split("=", 1) for pair in shlex.split(pairs))
        path = said["PATH"].replace("/venv", str(self.venv)).replace("$PATH", "/usr/bin:/bin")
        return said | {"PATH": path}

    def command(self, *argv: str, account: Path | None = None) -> list[str]:
        """`argv` as in a pod with a read-only root: a namespace of mounts in which nothing can be
        written but /srv, an emptyDir. account: a folder with `token`, `ca.crt` and `namespace`,
        which the pod finds where Kubernetes mounts them."""
        mounted = "/run/secrets/kubernetes.io/serviceaccount"
        script = "mount -t tmpfs tmpfs /srv && mount -t tmpfs tmpfs /run"
        if account is not None:
            script += f" && mkdir -p {mounted} && cp {account}/* {mounted}/"
        script += ' && mount -o remount,bind,ro /run && mount -o remount,bind,ro / && exec "$@"'
        away = _ROOTLESS if os.getuid() == 0 else []
        return [*away, *_ALONE, "sh", "-ec", script, "sh", *argv]


def tooled(folder: Path, python: str) -> Path:
    """A virtual environment with what the base image has for building."""
    subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    subprocess.run([*pip, "install", "--quiet", BUILDER], check=True)
    return folder
