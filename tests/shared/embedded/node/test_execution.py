"""Commands in a container: what they are given, what comes of them, and that they end with it."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from shared.embedded.api.sessions import ExecRequest
from shared.embedded.errors import StatusError
from shared.embedded.node import executions

if TYPE_CHECKING:
    from shared.embedded.api.sessions import Output, Session
    from tests.shared.embedded.node.conftest import Node

SLEEPS = "exec sleep 1000"


async def everything(session: Session, output: Output = "stdout") -> str:
    """All of an output."""
    text = b""
    while data := await session.read(output):
        text += data
    return text.decode()


async def begin(node: Node, *command: str, **options: Any) -> Session:
    request = ExecRequest("c", command, **{"stdout": True, "stderr": True, **options})
    return await node.providers.execute(node.pod(), request)


async def run(node: Node, *command: str) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of a command."""
    session = await begin(node, *command)
    out, errors = await asyncio.gather(everything(session), everything(session, "stderr"))
    code = await session.wait()
    await session.close()
    return code, out, errors


@pytest.fixture
async def running(node: Node) -> Node:
    mounts = {"volumeMounts": [{"name": "v", "mountPath": "/data"}]}
    env = {"env": [{"name": "GREETING", "value": "hello"}]}
    await node.run(SLEEPS, container=mounts | env, volumes=[{"name": "v", "emptyDir": {}}])
    await node.until_ready()
    return node


async def test_a_command_has_the_containers_environment_folder_and_volumes(running: Node) -> None:
    script = "echo $GREETING $POD_IP; pwd; echo x >/data/file; ls /data; echo oops >&2; exit 3"
    code, out, errors = await run(running, "sh", "-c", script)
    assert (code, errors) == (3, "oops\n")
    greeting, folder, files = out.splitlines()
    assert greeting == f"hello {running.address()}"
    assert folder.endswith("/containers/c")
    assert files == "file"


async def test_input_is_read_to_its_end(running: Node) -> None:
    session = await begin(running, "cat", stdin=True)
    copying = asyncio.create_task(everything(session))
    for _ in range(20):
        await session.write(b"x" * 50_000)
    session.end_input()
    assert len(await copying) == 1_000_000
    assert await session.wait() == 0
    await session.close()


async def test_input_that_nobody_reads_is_dropped(running: Node) -> None:
    session = await begin(running, "true", stdin=True)
    assert await everything(session) == ""
    for _ in range(10):
        await session.write(b"x" * 100_000)
    await session.close()


async def test_a_command_that_reads_nothing_holds_its_input_back(running: Node) -> None:
    session = await begin(running, *SLEEPS.split()[1:], stdin=True)
    writing = asyncio.create_task(session.write(bytes(1 << 20)))
    await asyncio.sleep(0)
    assert not writing.done()
    await session.close()
    await writing


async def test_a_terminal_is_one_and_follows_the_window(running: Node) -> None:
    show = "import os; print(*os.get_terminal_size(), os.environ['TERM'], flush=True)"
    script = f"{show}; input(); {show}"
    session = await begin(running, sys.executable, "-c", script, stdin=True, tty=True)
    first = b""
    while not first.endswith(b"\n"):  # the line and its end may come one after the other
        first += await session.read("stdout")
    assert first == b"0 0 xterm\r\n"
    session.resize(120, 40)
    await session.write(b"\n")
    assert (await everything(session)).splitlines()[-1] == "120 40 xterm"
    assert await session.wait() == 0
    await session.close()


async def test_an_interrupt_is_typed_into_a_terminal(running: Node) -> None:
    session = await begin(running, "sh", "-c", "echo ready; exec sleep 1000", stdin=True, tty=True)
    await session.read("stdout")
    await session.write(b"\x03")
    assert await session.wait() == 130
    await session.close()


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("nosuch", 127, 'exec: "nosuch": executable file not found in $PATH'),
        ("/no/such", 127, 'exec: "/no/such": stat /no/such: no such file or directory'),
        ("/etc/passwd", 126, 'exec: "/etc/passwd": permission denied'),
    ],
)
async def test_what_cannot_be_run_is_told_as_runc_tells_it(
    running: Node, command: str, code: int, message: str
) -> None:
    told = f"exec failed: unable to start container process: {message}\n"
    assert await run(running, command) == (code, "", told)


async def test_nothing_is_left_of_a_command_whose_client_goes(running: Node) -> None:
    before = set(running.processes())
    session = await begin(running, "sh", "-c", "sleep 1000 & echo ready; sleep 1000")
    await session.read("stdout")
    assert set(running.processes()) > before
    await session.close()
    assert set(running.processes()) == before


async def test_a_command_ends_with_its_container(running: Node) -> None:
    session = await begin(running, "sleep", "1000")
    pod = running.agent.pods[running.pod()["metadata"]["uid"]]
    await pod.stop(0)
    assert await session.wait() == 137
    await session.close()


async def test_commands_of_a_container_are_bounded(
    running: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executions, "MOST", 1)
    session = await begin(running, "sleep", "1000")
    with pytest.raises(StatusError, match="end one first") as refused:
        await begin(running, "true")
    assert refused.value.code == 429
    await session.close()
    assert (await run(running, "true"))[0] == 0


async def test_no_command_runs_in_a_container_that_does_not(node: Node) -> None:
    await node.run("exit 0", restartPolicy="Never")
    await node.until(lambda: "terminated" in node.status()["state"])
    with pytest.raises(StatusError, match=r'container not found \("c"\)'):
        await begin(node, "true")


async def test_attached_to_what_a_container_prints_from_now_on(node: Node) -> None:
    await node.run("echo before; while [ ! -e go ]; do sleep 0.02; done; echo after")
    await node.until_ready()
    await node.printed(1)
    request = ExecRequest("c", stdin=True, stdout=True, stderr=True)
    session = await node.providers.attach(node.pod(), request)
    assert "no standard input" in await everything(session, "stderr")
    await run(node, "touch", "go")
    assert await everything(session) == "after\n"
    assert await session.wait() == 0


async def test_an_attachment_that_is_left_lets_go(running: Node) -> None:
    session = await running.providers.attach(running.pod(), ExecRequest("c", stdout=True))
    reading = asyncio.create_task(session.read("stdout"))
    await asyncio.sleep(0)
    await session.close()
    assert await reading == b""


async def test_what_a_command_uses_counts_as_its_containers(running: Node) -> None:
    pod = running.agent.pods[running.pod()["metadata"]["uid"]]
    meter = pod.containers["c"].meter
    burn = "import time\nwhile time.process_time() < 0.2: pass\nprint('done', flush=True); input()"
    session = await begin(running, sys.executable, "-c", burn, stdin=True)
    await session.read("stdout")
    running.agent._take_sample()
    assert meter.last is not None
    used = meter.last.cpu
    assert used >= 0.15
    await session.close()
    running.agent._take_sample()
    assert meter.last.cpu >= used  # it stays spent


async def test_no_file_stays_open(running: Node) -> None:
    async def use() -> None:
        assert (await run(running, "true"))[0] == 0
        assert (await run(running, "nosuch"))[0] == 127
        for options in ({"stdin": True}, {"stdin": True, "tty": True}, {"stderr": False}):
            session = await begin(running, "cat", **options)
            await session.close()

    def opened() -> int:
        return len(os.listdir("/proc/self/fd"))

    await use()
    before = opened()
    await use()
    await asyncio.sleep(0)  # transports close their files in the next round
    assert opened() == before
