"""Containers with a standard input or a terminal, and those who attach to them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from shared.embedded.api.sessions import ExecRequest
from shared.embedded.node import console

if TYPE_CHECKING:
    from shared.embedded.api.sessions import Session
    from tests.shared.embedded.node.conftest import Node


async def attached(node: Node, *, stdin: bool = True, tty: bool = False) -> Session:
    request = ExecRequest("c", stdin=stdin, stdout=True, tty=tty)
    return await node.providers.attach(node.pod(), request)


async def started(node: Node, *command: str, **container: Any) -> None:
    await node.run("", container={"command": list(command), "stdin": True, **container},
                   restartPolicy="Never")  # fmt: skip
    await node.until_ready()


async def heard(session: Session, text: str) -> str:
    """The output up to where `text` is in it."""
    found = ""
    while text not in found:
        data = await session.read("stdout")
        assert data, found
        found += data.decode()
    return found


async def test_what_is_typed_reaches_the_process_and_its_answer_all_and_the_log(node: Node) -> None:
    await started(node, "cat")
    one, other = await attached(node), await attached(node, stdin=False)
    await one.write(b"hello")  # no line yet, and shown all the same
    assert await heard(one, "hello") == await heard(other, "hello") == "hello"
    await one.write(b"\n")
    await one.close()
    again = await attached(node)  # the input is still open
    await again.write(b"more\n")
    await heard(again, "more")
    assert await node.printed(2) == ["hello", "more"]


async def test_with_stdin_once_the_input_ends_with_the_first_who_attaches(node: Node) -> None:
    await started(node, "cat", stdinOnce=True)
    session = await attached(node)
    await session.write(b"all")
    session.end_input()
    assert await heard(session, "all") == "all"
    assert await session.read("stdout") == b""
    assert await session.wait() == 0
    await node.until(lambda: "terminated" in node.status()["state"])
    assert node.status()["state"]["terminated"]["exitCode"] == 0


async def test_what_was_printed_before_is_in_the_log_alone(node: Node) -> None:
    await started(node, "cat")
    witness = await attached(node)  # the log has a line before the console does
    await witness.write(b"early\n")
    await heard(witness, "early\n")
    session = await attached(node)
    await session.write(b"late\n")
    assert await heard(session, "late") == "late\n"
    assert await node.printed(2) == ["early", "late"]


async def test_a_terminal_is_shared_by_who_is_attached(node: Node) -> None:
    script = (
        "import os; input(); print(os.ttyname(0)[:8]); input('? '); print(*os.get_terminal_size())"
    )
    await started(node, sys.executable, "-c", script, tty=True)
    session = await attached(node, tty=True)
    await session.write(b"\n")
    assert "/dev/pts\r\n? " in await heard(session, "? ")
    session.resize(90, 30)
    await session.write(b"\n")
    await heard(session, "90 30")
    await node.until(lambda: "terminated" in node.status()["state"])
    assert node.status()["state"]["terminated"]["exitCode"] == 0
    assert "90 30" in node.log()


async def test_who_takes_nothing_loses_his_place_and_nobody_else_loses_anything(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "PATIENCE", 0.05)
    await started(node, "sh", "-c", "read go; head -c 3000000 /dev/zero; echo done")
    deaf, session = await attached(node), await attached(node)
    await session.write(b"\n")
    length = 0
    while data := await session.read("stdout"):
        length += len(data)
    assert length == len("done\n") + 3_000_000
    assert await deaf.read("stdout") == b""


async def test_a_command_that_cannot_be_started_leaves_nothing_open(node: Node) -> None:
    await node.run("", container={"command": ["/no/such"], "stdin": True}, restartPolicy="Never")
    await node.until(lambda: "terminated" in node.status()["state"])
    assert node.status()["state"]["terminated"]["reason"] == "StartError"
