"""Applying the services of a local run, waiting until they answer, and saying what to type next."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import aiohttp

from shared.cli.client import ServicesApi
from shared.cli.connection.target import Target
from shared.cli.documents.comparison import done, plan
from shared.cli.documents.reading import read_documents
from shared.cli.local.layout import HOST, Layout
from shared.cli.local.waiting import first_answer
from shared.service import names
from shared.service.model import Service

ANSWER_SECONDS: Final = 120.0

Say = Callable[[str], None]


async def deploy(
    files: Sequence[Path], target: Target, say: Say, zero_after: float | None = None
) -> None:
    """Apply the FDL `files` and wait until each service answers through the gateway.

    `zero_after`: seconds without a request after which they sleep, where they do not say.
    """
    parsed = read_documents(files)
    for warning in (warning for item in parsed for warning in item.warnings):
        say(f"warning: {warning}")
    async with ServicesApi(target) as api:
        there = {one["name"]: one for one in await api.list()}
        steps = plan([sleepy(item.service, zero_after) for item in parsed], there)
        for step in steps:
            if step.action != "skip":
                await api.write(step.service, new=step.action == "create")
            say(done(step))
        for step in steps:
            if step.service.expose is not None:
                await _until_answers(api, step.service.name, target, say)


def sleepy(service: Service, zero_after: float | None) -> Service:
    """The service, made to sleep after so many seconds if it can and does not say itself."""
    expose = service.expose
    if zero_after is None or expose is None or expose.node_port or "zero_after" in expose.scaling:
        return service
    scaling = {**expose.scaling, "zero_after": f"{zero_after:g}s"}
    return replace(service, expose=replace(expose, scaling=scaling))


async def _until_answers(api: ServicesApi, name: str, target: Target, say: Say) -> None:
    service = await api.get(name) or {}
    url = f"{target.endpoint}{names.base_path(name)}/"
    headers = {"Authorization": aiohttp.encode_basic_auth(name, service.get("token", ""))}
    grpc = _speaks_grpc(service)
    if grpc:  # whose servers answer nothing else
        headers["Content-Type"] = "application/grpc"
    status = await first_answer(
        url,
        seconds=ANSWER_SECONDS,
        good=lambda status: status < 500,
        headers=headers,
        method="POST" if grpc else "GET",
    )
    if status is None:
        say(
            f"service/{name} does not answer yet; see why with "
            f"`kubectl describe pods -n {names.NAMESPACE} -l {names.SERVICE_LABEL}={name} "
            "--show-events=true`"
        )
    else:
        say(f"service/{name} answers at {url}")


async def next_steps(layout: Layout, target: Target, say: Say) -> None:
    """Say what a newcomer can type now, with the real addresses and tokens."""
    async with ServicesApi(target) as api:
        services = [await api.get(service["name"]) or {} for service in await api.list()]
    requests = [line for service in services for line in _request(service, target)]
    say(
        "\n".join(
            [
                "",
                "Everything runs. In another terminal:",
                "",
                *_trust(layout),
                *requests,
                *_sleeping(services),
                "  # the pods, as they come and go",
                f"  export KUBECONFIG={layout.kubeconfig}",
                f"  {_program('kubectl')} get pods -n {names.NAMESPACE} -w",
                "",
                *_load(services, layout),
                "  # all services as they are now, and why: open it in a browser",
                f"  http://127.0.0.1:{layout.gateway_admin}/",
                "",
                "  # metrics",
                f"  curl http://127.0.0.1:{layout.gateway_admin}/metrics   # gateway",
                f"  curl http://127.0.0.1:{layout.scaler}/metrics   # scaler",
                "",
                "Ctrl-C ends all of it.",
            ]
        )
    )


def _request(service: dict[str, Any], target: Target) -> tuple[str, ...]:
    """A curl line for the service, or where gRPC finds it; the example OCR service gets an image
    to read."""
    name = service.get("name", "")
    if _speaks_grpc(service):
        address = target.endpoint.partition("://")[2]
        method = f"{names.base_path(name)}/<package>.<Service>/<Method>"
        return f"  # {name} speaks gRPC: call, at {address},", f"  {method}", ""
    url = f"{target.endpoint}{names.base_path(name)}/"
    auth = f"-u {name}:{service['token']} " if service.get("expose", {}).get("set_auth") else ""
    data = f"-F data=@{_sample()} " if name == "ocr" else ""
    path = "recognize" if name == "ocr" else ""
    trust = f"--cacert {shlex.quote(str(target.ca))} " if target.ca is not None else ""
    return f"  # a request to {name}", f"  curl {trust}{auth}{data}{url}{path}", ""


def _speaks_grpc(service: dict[str, Any]) -> bool:
    return (service.get("expose") or {}).get("protocol") == "grpc"


def _sleeping(services: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """What to tell of services that sleep."""
    times = {
        str(after)
        for one in services
        if (after := ((one.get("expose") or {}).get("scaling") or {}).get("zero_after"))
    }
    if not times:
        return ()
    return (
        f"  # no pods after {' or '.join(sorted(times))} without a request, until the next",
        f"  {_program('exposed')} list",
        "",
    )


def _trust(layout: Layout) -> tuple[str, ...]:
    """What to tell of the gateway's certificate."""
    if layout.encryption is None:
        return ()
    if layout.encryption.known_here:
        return ("  # browsers warn until they trust", f"  {layout.target.ca}", "")
    return (
        f"  # the certificate names neither localhost nor {HOST}: exposed takes it, curl does not",
        "",
    )


def _load(services: Sequence[dict[str, Any]], layout: Layout) -> tuple[str, ...]:
    if not any(service.get("name") == "ocr" for service in services):
        return ()
    return (
        "  # load: watch the pods above grow, and shrink after it",
        f"  export EXPOSED_HOME={layout.home}",
        f"  {_program('exposed')} load ocr recognize --upload data={_sample()} --seconds 60",
        "",
    )


def _sample() -> Path:
    return Path(__file__).parents[3] / "manifests" / "services" / "sample.png"


def _program(name: str) -> str:
    """The program beside this interpreter: it works whether or not the environment is active."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else name
