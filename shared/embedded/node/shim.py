"""The first process of a container: runs its command, keeps its log, leaves nothing behind.

The node agent starts this file as a script, isolated and without `site` (`python -I -S`), so it
imports a few modules of the standard library and nothing of ours. Its standard input is a socket
to the agent:

    agent → shim   one line of JSON {"command", "env", "cwd", "log", "log_bytes"}, then lines
                   `signal <number>` (to the command's process) and `kill` (SIGKILL to everything)
                   (for one with other standard streams than nothing and the log also {"stdio",
                   "tty", "source", "tap"}: file descriptors, -1 for the log or none)
    shim → agent   `started <pid>`, or `failed <errno> <text>`, then `exited <wait status>`

Three rules keep the machine clean. The shim is a *subreaper* (prctl(2)): whatever the command
forks, daemonised or not, stays below it and is killed when the command's own process ends, as a
container ends with its process 1. When the socket closes, the agent has died: everything is
killed. When the shim itself is killed, the command gets SIGKILL from the kernel
(PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import select
import signal
import socket
import termios
import time
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LINE_LIMIT = 16384  # bytes; longer lines are kept in parts, as container runtimes do
SETTLE = 0.005  # seconds between two rounds of killing
PATIENCE = 10.0
TAP_PATIENCE = 5.0  # longer than the agent lets anybody hold the output back

_prctl = ctypes.CDLL(None, use_errno=True).prctl


class Log:
    """Lines in the format of container runtimes (CRI): `<RFC 3339 time> stdout F <text>`.

    A file that reaches `limit` bytes becomes `<path>.1`, in place of the one before it. What cannot
    be written, on a full disk for the most, is dropped and counted, and told by a line of the log
    as soon as there is room: a container never waits for its log.
    """

    def __init__(self, path: str, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._rest = b""
        self._file: int | None = None
        self._size = 0
        self._lost = 0  # lines
        with contextlib.suppress(OSError):
            self._open()

    def write(self, data: bytes) -> None:
        """Take in output; what ends in no newline waits for the rest."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if lines:
            self._put([(b"F", line) for line in lines])
        while len(self._rest) >= LINE_LIMIT:
            self._put([(b"P", self._rest[:LINE_LIMIT])])
            self._rest = self._rest[LINE_LIMIT:]

    def close(self) -> None:
        """Keep the last line, newline or not."""
        if self._rest:
            self._put([(b"F", self._rest)])
        self._shut()

    def _put(self, lines: list[tuple[bytes, bytes]]) -> None:
        stamp = _stamp()
        record = b"".join(b"%s stdout %s %s\n" % (stamp, tag, line) for tag, line in lines)
        if self._lost:
            told = b"(%d lines of this log were lost: they could not be written)" % self._lost
            record = b"%s stdout F %s\n%s" % (stamp, told, record)
        try:
            self._append(record)
        except OSError:
            self._lost += len(lines)
        else:
            self._lost = 0

    def _append(self, record: bytes) -> None:
        """Write all of it or nothing; raises OSError."""
        if self._size and self._size + len(record) > self._limit:
            os.replace(self._path, self._path + ".1")
            self._shut()
        file = self._open() if self._file is None else self._file
        written = os.write(file, record)
        if written < len(record):  # the disk is full: no half line may stay
            os.ftruncate(file, self._size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._size += written

    def _shut(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o600)
        self._size = os.fstat(self._file).st_size
        return self._file


def _stamp() -> bytes:
    now = time.time_ns()
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9))
    return f"{whole}.{now % 10**9:09d}Z".encode()


def spawn(config: dict[str, Any], output: int) -> int:
    """Fork and execute the command; its pid. Raises OSError with what `exec` said."""
    failure_read, failure_write = os.pipe()  # closed by a successful exec
    pid = os.fork()
    if pid == 0:
        _become(config, output, failure_write)
    os.close(failure_write)
    os.close(output)
    with open(failure_read, "rb") as pipe:
        failure = pipe.read()
    if failure:
        os.waitpid(pid, 0)
        number, _, name = failure.decode(errors="replace").partition(" ")
        raise OSError(int(number), os.strerror(int(number)), name)
    return pid


def _become(config: dict[str, Any], output: int, failure: int) -> None:
    """In the child: a session of its own, default signals, the command. Never returns."""
    command = config["command"]
    where = command[0]
    try:
        os.setsid()
        os.umask(0o022)  # the agent's own is stricter
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        _connect(config, output)
        where = config["cwd"]
        os.chdir(where)
        where = command[0]
        os.execvpe(where, command, config["env"])  # noqa: S606  the point of it
    except OSError as error:
        os.write(failure, f"{error.errno} {where}".encode())
    finally:
        os._exit(127)


def _connect(config: dict[str, Any], output: int) -> None:
    """Standard input, output and error: what the agent passed, or nothing and the log twice."""
    given = config.get("stdio") or (os.open(os.devnull, os.O_RDONLY), -1, -1)
    for number, passed in enumerate(given):
        os.dup2(output if passed == -1 else passed, number)
    if config.get("tty"):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def descendants() -> list[int]:
    """Every process below this one, however far."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                parent = int(file.read().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(name))
    found, todo = [], [os.getpid()]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


class Shim:
    """One run of one command."""

    def __init__(self, agent: socket.socket) -> None:
        self._agent = agent
        self._buffer = b""
        self._pid = 0
        self._status: int | None = None
        self._orphaned = False
        self._tap = -1

    def run(self) -> None:
        """From the first line of the agent to the end of the last descendant."""
        line = self._read_line()
        if line is None:
            return
        config = json.loads(line)
        self._hold_back(config)
        output, write_end = os.pipe()
        if config.get("source", -1) != -1:
            output = config["source"]
        os.set_blocking(output, False)
        log = Log(config["log"], config["log_bytes"])
        try:
            self._pid = spawn(config, write_end)
        except OSError as error:
            log.write(f"{error.filename}: {error.strerror}\n".encode())
            self._say(f"failed {error.errno} {error.filename}: {error.strerror}")
            return
        for passed in {*config.get("stdio", ())} - {-1}:
            os.close(passed)  # the command has them: what reads from it learns its end
        self._say(f"started {self._pid}")
        self._supervise(output, log)
        log.close()
        self._say(f"exited {self._status}")

    def _hold_back(self, config: dict[str, Any]) -> None:
        """The command gets none of what the agent passed but its standard streams."""
        self._tap = config.get("tap", -1)
        for passed in {*config.get("stdio", ()), config.get("source", -1), self._tap} - {-1}:
            os.set_inheritable(passed, False)

    def _supervise(self, output: int, log: Log) -> None:
        wake, wake_write = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poller = select.poll()
        for source in (wake, output, self._agent.fileno()):
            poller.register(source, select.POLLIN)
        self._reap()  # it may have ended before the handler stood
        while self._status is None and not self._orphaned:
            for source, _ in poller.poll():
                if source == wake:
                    os.read(wake, 512)
                    self._reap()
                elif source == output:
                    if not self._copy(output, log):
                        poller.unregister(output)
                else:
                    self._obey()
        self._kill_all()
        while self._copy(output, log):
            pass

    def _copy(self, output: int, log: Log) -> bool:
        """Move what is there to the log; False when there is nothing (yet, or ever again)."""
        try:
            data = os.read(output, 16384)
        except OSError:  # nothing yet; of a terminal that nobody has open, nothing ever again
            return False
        log.write(data)
        if self._tap != -1:
            self._pass_on(data)
        return bool(data)

    def _pass_on(self, data: bytes) -> None:
        """Give output to the agent as well, unless it takes none for too long."""
        with contextlib.suppress(OSError):
            while data and select.select([], [self._tap], [], TAP_PATIENCE)[1]:
                data = data[os.write(self._tap, data) :]

    def _obey(self) -> None:
        """Carry out what the agent wrote, or note that it has gone."""
        more = True
        while more:
            line = self._read_line()
            more = b"\n" in self._buffer
            if line is None:
                self._orphaned = True
            elif line == b"kill":
                self._kill_all()
            elif line.startswith(b"signal ") and self._status is None:
                os.kill(self._pid, int(line[7:]))  # not reaped yet, so the pid is still its own

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self._pid:
                    self._status = status

    def _kill_all(self) -> None:
        """SIGKILL until none is left: one that forks meanwhile is found in the next round.

        A process that may not be killed (setuid) is given up after `PATIENCE` seconds.
        """
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for pid in descendants():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            self._reap()
            try:
                os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            time.sleep(SETTLE)

    def _read_line(self) -> bytes | None:
        """The agent's next line; None when it has gone."""
        while b"\n" not in self._buffer:
            try:
                data = self._agent.recv(65536)
            except OSError as error:
                if error.errno == errno.EINTR:
                    continue
                return None
            if not data:
                return None
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _say(self, line: str) -> None:
        with contextlib.suppress(OSError):
            self._agent.sendall(line.encode() + b"\n")


def main() -> None:
    """Run the container that the socket at file descriptor 0 describes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # only the agent ends a container
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    with socket.socket(fileno=os.dup(0)) as agent:
        Shim(agent).run()


if __name__ == "__main__":
    main()
