"""What the containers of one pod share: its address, its directories, its environment.

Made by the agent when it takes the pod; starts nothing itself.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shared.embedded.node import archive, logs, volumes
from shared.embedded.node import environment as env
from shared.embedded.node.accounts import MOUNT
from shared.embedded.node.ports import container_ports
from shared.embedded.node.process import Command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shared.embedded.kinds import Kind
    from shared.embedded.node.accounts import Accounts
    from shared.service.objects import Obj


@dataclass(slots=True)
class Sandbox:
    """The place of one pod on this machine.

    pod: as the cluster last showed it; ports: container port → the one to listen on.
    """

    pod: Obj
    address: str
    ports: Mapping[int, int]
    root: Path
    logs: Path
    log_bytes: int
    read: volumes.Read
    folder: volumes.Folder
    accounts: Accounts | None = None
    """None: nobody gives pods tokens."""
    _account: dict[str, bytes] | None = None

    def log_of(self, container: str, run: int) -> Path:
        """The log of one run of a container."""
        return logs.path(self.logs / container, run)

    def refresh(self) -> dict[str, Path]:
        """Write the volumes as their sources are now; volume name → directory."""
        if self._has_account:
            wanted = {name: (data, 0o600) for name, data in (self._account or {}).items()}
            volumes.write(self._account_folder, wanted)
        return volumes.set_up(self.pod, self.root / "volumes", self.read, self.folder)

    def command(self, container: Obj, run: int) -> Command | None:
        """What the container runs; None when its spec names no command.

        Raises ConfigError for something that it refers to and that does not exist.
        """
        mounts = self._mounted(container, self.refresh())
        variables = self._variables(container)
        words = env.command_line(container, variables)
        if not words:
            return None
        log = self.log_of(container["name"], run)
        log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        logs.prune(log.parent, run)
        return self.inside(container, [env.rewrite(word, mounts) for word in words], mounts, log)

    def inside(
        self, container: Obj, words: list[str], mounts: Mapping[str, str], log: Path
    ) -> Command:
        """A command with the environment and working directory of the container."""
        directory = self.root / "containers" / container["name"]
        temporary = directory / "tmp"
        temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
        variables = self._variables(container)
        stated = {name: env.rewrite(value, mounts) for name, value in variables.items()}
        base = env.base_environment(os.environ, str(Path(sys.executable).parent))
        whole = {**base, "TMPDIR": str(temporary), **stated}
        where = container.get("workingDir")
        cwd = env.rewrite(where, mounts) if where else str(directory)
        return Command(words, whole, cwd, str(log), self.log_bytes)

    def hook(self, container: Obj, words: list[str]) -> Command:
        """A command of a probe or hook, with its own small log."""
        mounts = self._mounts(container)
        log = self.logs / container["name"] / "hook.out"
        log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        log.unlink(missing_ok=True)
        return self.inside(container, [env.rewrite(word, mounts) for word in words], mounts, log)

    def rewritten(self, container: Obj, words: Sequence[str]) -> list[str]:
        """`words` with the container's mount paths replaced by the folders that hold them."""
        mounts = self._mounts(container)
        return archive.named_as_mounted([env.rewrite(word, mounts) for word in words], mounts)

    def _mounts(self, container: Obj) -> dict[str, str]:
        directories = volumes.directories(self.pod, self.root / "volumes", self.folder)
        return self._mounted(container, directories)

    def _mounted(self, container: Obj, directories: Mapping[str, Path]) -> dict[str, str]:
        mounts = volumes.mounts(container, directories)
        return {MOUNT: str(self._account_folder), **mounts} if self._has_account else mounts

    def remove(self) -> None:
        """Delete everything that the pod had on disk."""
        for directory in (self.root, self.logs):
            shutil.rmtree(directory, ignore_errors=True)

    def _variables(self, container: Obj) -> dict[str, str]:
        """HOSTNAME, POD_IP, HOST and PORT, then what the spec states."""
        ports = container_ports(container)
        given = {
            "HOSTNAME": self.pod["metadata"]["name"],
            "POD_IP": self.address,
            "HOST": self.address,
        }
        if ports:
            given["PORT"] = str(self.ports.get(ports[0], ports[0]))
        if self.accounts is not None and self._has_account:
            given |= self.accounts.variables(self._account_folder)
        return given | env.environment(container, self.pod, self.address, self._texts)

    @property
    def _account_folder(self) -> Path:
        return self.root / "account"

    @property
    def _has_account(self) -> bool:
        """Whether there are files of the pod's service account; they are made once."""
        if self._account is None:
            self._account = self.accounts.files(self.pod) if self.accounts else {}
        return bool(self._account)

    def _texts(self, kind: Kind, name: str) -> dict[str, str] | None:
        found = self.read(kind, name)
        if found is None:
            return None
        return {key: value.decode(errors="replace") for key, value in found.items()}
