"""One container: its runs, its probes, its end.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/. Owned by `pod`, to which
it tells that something changed; it does not write to the cluster but for Events.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from shared.embedded.api.providers import LogRequest
from shared.embedded.node import probe as probes
from shared.embedded.node.console import Console
from shared.embedded.node.environment import ConfigError
from shared.embedded.node.executions import Executions
from shared.embedded.node.logs import read
from shared.embedded.node.meter import Meter
from shared.embedded.node.probe import ProbeError
from shared.embedded.node.prober import Prober, Reports
from shared.embedded.node.process import CANNOT_RUN, Exit, Process, StartError
from shared.embedded.node.procfs import Usage
from shared.embedded.node.status import ContainerState
from shared.embedded.schema.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.embedded.api.sessions import ExecRequest, Session
    from shared.embedded.controllers.events import Events
    from shared.embedded.node.process import Command
    from shared.embedded.node.sandbox import Sandbox
    from shared.embedded.node.settings import NodeSettings
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj

log = logging.getLogger(__name__)

NO_COMMAND = (
    "this cluster runs processes of this machine and no images: give the container a command "
    "(for an OSCAR service: a script, with expose.default_command false)"
)
NO_INIT = "init containers do not run in this cluster: do their work at the beginning of the script"
ADDRESS_IN_USE = (
    "the address is in use: here all pods share one machine, so a server must listen on $HOST "
    "(the pod's own address) and $PORT, not on every address"
)
MESSAGE_LINES = 20  # of the log, as a termination message that falls back to it
MESSAGE_BYTES = 2048


class Container:
    """Runs one container of a pod until its restart policy or `stop` ends it."""

    def __init__(
        self,
        spec: Obj,
        sandbox: Sandbox,
        settings: NodeSettings,
        clock: Clock,
        events: Events,
        marker: str,
        changed: Callable[[], None],
    ) -> None:
        self.spec = spec
        self.view = ContainerState(spec["name"], spec.get("image", ""))
        self.meter = Meter()
        self.process: Process | None = None
        self.started_at = 0.0
        self.ended = asyncio.Event()  # of the present run
        self._sandbox = sandbox
        self._settings = settings
        self._clock = clock
        self._events = events
        self._marker = f"{marker}/{sandbox.pod['metadata']['uid']}/{spec['name']}"
        self._changed = changed
        self._stopping = False
        self._prober: Prober | None = None
        self._terminations: set[asyncio.Task[None]] = set()
        self.console: Console | None = None
        self._command: Command | None = None  # of the present run
        self._executions = Executions(spec["name"], self._marker)

    @property
    def name(self) -> str:
        """The container's name in the pod."""
        name: str = self.spec["name"]
        return name

    @property
    def log(self) -> Path:
        """The log file of the present run."""
        return self._sandbox.log_of(self.name, self.view.restarts)

    @property
    def previous_log(self) -> Path:
        """The log file of the run before the present one."""
        return self._sandbox.log_of(self.name, self.view.restarts - 1)

    async def run(self) -> None:
        """Start it, and again as often as its policy says."""
        restarts = 0
        while not self._stopping:
            started = self._clock.monotonic()
            end = await self._once()
            if self._stopping or not self._restarts(end):
                return
            ran = self._clock.monotonic() - started
            pause, restarts = self._settings.backoff.next(restarts, ran)
            if pause:
                self._back_off(pause)
                await self._clock.sleep(pause)
            self.view.restarts += 1

    async def stop(self, grace: float) -> None:
        """End it: preStop hook, SIGTERM to its first process, after `grace` SIGKILL to all."""
        self._stopping = True
        if self._prober is not None:
            self._prober.alive = False
        await self._terminate(grace)

    async def execute(self, request: ExecRequest) -> Session:
        """Run a command beside the container's own, as kubectl exec does; it ends with the
        container. Raises StatusError when too many do. The container must run."""
        assert self._command is not None, "it runs, or nothing can be run in it"
        words = self._sandbox.rewritten(self.spec, request.command)
        return await self._executions.start(replace(self._command, command=words), request)

    @property
    def roots(self) -> list[int]:
        """The pids below which its processes are, the first one's at the beginning."""
        return [] if self.process is None else [self.process.root, *self._executions.roots]

    def sample(self, now: float, usages: Mapping[int, Usage]) -> None:
        """Take in a reading of /proc: its own process and what runs beside it."""
        own = usages.get(self.process.root) if self.process is not None else None
        if own is not None:
            beside = self._executions.usage(usages)
            self.meter.add(now, Usage(own.cpu + beside.cpu, own.memory + beside.memory))

    # -- one run ---------------------------------------------------------------------------------

    async def _once(self) -> Exit:
        command = await self._prepared()
        started = self._clock.now()
        try:
            self.process = await self._begin(command)
        except StartError as error:
            self._events.warning(self._sandbox.pod, "Failed", f"Error: {error}")
            return self._note_end(Exit(CANNOT_RUN, 0, "StartError", str(error)), started)
        self._command = command
        self.meter = Meter(started, self._settings.sample_period)
        self.started_at = started
        self.ended = asyncio.Event()
        self.view.state = {"running": {"startedAt": timestamp(started)}}
        self._events.normal(self._sandbox.pod, "Started", f"Started container {self.name}")
        self._changed()
        probing = asyncio.create_task(self._probe(), name=f"probes/{self.name}")
        try:
            end = await self.process.wait()
        finally:
            await _cancelled(probing)
            await self.process.close()
            self.process = None
            self.ended.set()
            self._executions.kill()
            if self.console is not None:
                await self.console.close()
        return self._note_end(end, started)

    async def _begin(self, command: Command) -> Process:
        """Start the command with what its spec connects. Raises StartError."""
        self.console = Console.open(self.spec)
        if self.console is None:
            return await Process.start(command, self._marker)
        try:
            process = await Process.start(command, self._marker, self.console.stdio)
        except BaseException:
            await self.console.close()
            raise
        await self.console.begin()
        return process

    async def _prepared(self) -> Command:
        """The command, once all that it refers to exists."""
        while True:
            if self._sandbox.pod["spec"].get("initContainers"):
                await self._give_up("InitContainersUnsupported", NO_INIT)
            try:
                command = self._sandbox.command(self.spec, self.view.restarts)
            except (ConfigError, OSError) as error:  # of the latter a full disk is the usual one
                mount = str(error).startswith("MountVolume")
                self._wait(
                    "ContainerCreating" if mount else "CreateContainerConfigError", str(error)
                )
                event = "FailedMount" if mount else "Failed"
                self._events.warning(self._sandbox.pod, event, str(error))
                await self._clock.sleep(self._settings.config_retry)
                continue
            if command is not None:
                return command
            await self._give_up("ImageRunUnsupported", f"container {self.name}: {NO_COMMAND}")

    async def _give_up(self, reason: str, message: str) -> None:
        """Say why it cannot run here; only a new pod can change that."""
        self._wait(reason, message)
        self._events.warning(self._sandbox.pod, reason, message)
        await asyncio.Event().wait()

    def _wait(self, reason: str, message: str = "") -> None:
        waiting = {"reason": reason} | ({"message": message} if message else {})
        self.view.state = {"waiting": waiting}
        self._changed()

    def _note_end(self, end: Exit, started: float) -> Exit:
        ended = {
            "exitCode": end.code,
            "reason": end.reason,
            "startedAt": timestamp(started),
            "finishedAt": timestamp(self._clock.now()),
        }
        if end.signal:
            ended["signal"] = end.signal
        message = end.message or self._parting_words(end)
        if message:
            ended["message"] = message
        self.view.ready = self.view.started = False
        self.view.state = self.view.last = {"terminated": ended}
        self._changed()
        return end

    def _parting_words(self, end: Exit) -> str:
        """What the log's end tells of a failure: an address in use, or all of it when asked for."""
        if end.code == 0:
            return ""
        lines = read(self.log, LogRequest(self.name, tail_lines=MESSAGE_LINES))
        text = lines[-MESSAGE_BYTES:].decode(errors="replace")
        if "address already in use" in text.lower():
            self._events.warning(self._sandbox.pod, "AddressInUse", ADDRESS_IN_USE)
            return ADDRESS_IN_USE
        fall_back = self.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError"
        return text if fall_back else ""

    def _restarts(self, end: Exit) -> bool:
        policy = self._sandbox.pod["spec"].get("restartPolicy", "Always")
        return policy == "Always" or (policy == "OnFailure" and end.code != 0)

    def _back_off(self, pause: float) -> None:
        pod = self._sandbox.pod["metadata"]
        what = f"restarting failed container={self.name} pod={pod['name']}_{pod['namespace']}"
        self._wait("CrashLoopBackOff", f"back-off {pause:g}s {what}")
        self._events.warning(self._sandbox.pod, "BackOff", f"Back-off {what}")

    # -- probes ----------------------------------------------------------------------------------

    async def _probe(self) -> None:
        reports = Reports(self._on_started, self._on_ready, self._on_dead, self._on_failed)
        self._prober = Prober(self.spec, self._attempt, reports, self._clock)
        self._prober.alive = not self._stopping
        await self._prober.run()

    async def _attempt(self, probe: Obj) -> None:
        sandbox = self._sandbox
        try:
            await probes.attempt(probe, self.spec, sandbox.address, sandbox.ports, self._execute)
        except (ConfigError, OSError) as error:  # its files: an attempt failed, probing goes on
            raise ProbeError(str(error)) from error

    def _on_started(self) -> None:
        self.view.started = True
        self._changed()

    def _on_ready(self, ready: bool) -> None:
        self.view.ready = ready
        self._changed()

    def _on_failed(self, name: str, message: str) -> None:
        self._events.warning(self._sandbox.pod, "Unhealthy", f"{name} probe failed: {message}")

    def _on_dead(self, name: str) -> None:
        message = f"Container {self.name} failed {name} probe, will be restarted"
        self._events.normal(self._sandbox.pod, "Killing", message)
        grace = self._sandbox.pod["spec"].get("terminationGracePeriodSeconds", 30)
        grace = self.spec[f"{name}Probe"].get("terminationGracePeriodSeconds", grace)
        task = asyncio.create_task(self._terminate(grace), name=f"terminate/{self.name}")
        self._terminations.add(task)
        task.add_done_callback(self._terminations.discard)

    # -- the end ---------------------------------------------------------------------------------

    async def _terminate(self, grace: float) -> None:
        process = self.process
        if process is None:
            return
        try:
            async with asyncio.timeout(grace):
                await self._pre_stop()
                process.send(_signal(self.spec))
                await self.ended.wait()
        except TimeoutError:
            process.kill()
            await self.ended.wait()

    async def _pre_stop(self) -> None:
        hook = (self.spec.get("lifecycle") or {}).get("preStop") or {}
        if "sleep" in hook:
            await self._clock.sleep(hook["sleep"]["seconds"])
        elif hook:
            try:
                await self._attempt({**hook, "timeoutSeconds": 3600})
            except ProbeError as error:
                message = f"PreStopHook failed: {error}"
                self._events.warning(self._sandbox.pod, "FailedPreStopHook", message)

    async def _execute(self, words: list[str], timeout: float) -> tuple[int, str]:
        """Run a command beside the container, as exec probes and hooks do."""
        command = self._sandbox.hook(self.spec, words)
        try:
            process = await Process.start(command, self._marker)
        except StartError as error:
            return CANNOT_RUN, str(error)
        try:
            async with asyncio.timeout(timeout):
                end = await process.wait()
        except TimeoutError:
            return CANNOT_RUN, f"command {' '.join(words)!r} timed out after {timeout:g} s"
        finally:
            await process.close()
        output = await asyncio.to_thread(
            read, Path(command.log), LogRequest(self.name, limit_bytes=1024)
        )
        return end.code, output.decode(errors="replace").strip()


async def _cancelled(task: asyncio.Task[None]) -> None:
    """Cancel and wait; what the task raised before is for the log."""
    task.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    if isinstance(outcome, Exception):
        log.error("%s failed: %r", task.get_name(), outcome, exc_info=outcome)


def _signal(spec: Obj) -> int:
    """SIGTERM, or what `lifecycle.stopSignal` names."""
    name = (spec.get("lifecycle") or {}).get("stopSignal", "SIGTERM")
    return int(getattr(signal, name, signal.SIGTERM))
