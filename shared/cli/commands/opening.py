"""`exposed open`: a service in the browser."""

from __future__ import annotations

import webbrowser
from typing import Any, Final

import click

from shared.cli import handover
from shared.cli.client import fetch, run
from shared.cli.commands.naming import name_argument
from shared.cli.connection.options import target_options
from shared.cli.connection.target import Target
from shared.cli.exits import ApiError
from shared.cli.views.description import url

_CARRIED: Final = (
    "the token travels in an address, once; proxies before the gateway may log it, and the "
    "browser may remember it"
)


@click.command("open")
@name_argument
@click.option("--print", "print_only", is_flag=True, help="Print the address; open nothing.")
@click.option(
    "--with-token",
    is_flag=True,
    help="Sign the browser in by the token (services with `auth_type: forward`).",
)
@target_options
def open_service(name: str, print_only: bool, with_token: bool, target: Target) -> None:
    """Open service NAME in the browser.

    A service that asks for its token gets it from you, as the password of user NAME (`exposed token
    NAME` prints it), or by --with-token. The token is handed to the browser by a page of this
    machine, and stands in no command line.
    """
    service = run(fetch(name, target))
    address = url(service["name"], target.endpoint)
    expose = service.get("expose") or {}
    if not expose.get("api_port"):
        raise ApiError(f"service/{name} is not exposed: there is nothing to open")
    if with_token:
        _check(expose)
    click.echo(address)
    if print_only:
        return
    if expose.get("set_auth") and not with_token:
        click.echo(_how_to_sign_in(name, expose), err=True)
    if with_token:
        click.echo(f"warning: {_CARRIED}", err=True)
        run(handover.hand_over(f"{address}?token={service['token']}", _browse))
    else:
        _browse(address)


def _check(expose: dict[str, Any]) -> None:
    if not expose.get("set_auth"):
        raise ApiError("this service asks for no token; leave out --with-token")
    if str(expose.get("auth_type") or "basic").lower() != "forward":
        raise ApiError(
            "a token in an address is taken only by services with `auth_type: forward`; leave out "
            "--with-token, and give the token as password when the browser asks"
        )


def _how_to_sign_in(name: str, expose: dict[str, Any]) -> str:
    if str(expose.get("auth_type") or "basic").lower() == "forward":
        return f"it asks for the token of {name}: open it with --with-token"
    return f"the browser will ask: user {name}, password as `exposed token {name}` prints it"


def _browse(address: str) -> None:
    if not webbrowser.open(address):
        raise ApiError(f"no browser can be started here; open the address yourself: {address}")
