"""What proves who asks: read from the file that the target names, for one header.

Called by the client and by the local run, which makes such a file. The text of a secret stands in
no message.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import aiohttp

from shared.cli.connection.target import Target
from shared.cli.exits import ApiError
from shared.runtime import private
from shared.service.authorization import parse_credentials

_TOKEN: Final = re.compile(r"[!-~]{1,16384}", re.ASCII)


def authorization(target: Target) -> str:
    """The value of the header Authorization; ApiError naming file and remedy."""
    if target.token_file is not None:
        return f"Bearer {read_token(target.token_file)}"
    assert target.credentials is not None
    user, password = read_credentials(target.credentials)
    return aiohttp.encode_basic_auth(user, password, "utf-8")


def read_credentials(path: Path) -> tuple[str, str]:
    """User and password from the one line of `path`."""
    try:
        return parse_credentials(_read(path, "credentials", "--credentials"))
    except ValueError as error:
        raise ApiError(
            f"{path} does not hold one line user:password; write it so, or remove the file, and "
            "`exposed local` makes a new one"
        ) from error


def read_token(path: Path) -> str:
    """The access token in `path`: one word, as RFC 6750 has it."""
    try:
        token = _read(path, "access token", "--token-file").strip()
    except ValueError as error:
        raise ApiError(f"{path} does not hold an access token: {error}") from error
    if _TOKEN.fullmatch(token) is None:
        raise ApiError(f"{path} does not hold one access token; write it there alone, on one line")
    return token


def _read(path: Path, what: str, option: str) -> str:
    try:
        return private.read(path, follow=True)
    except private.UnsafeError as error:
        raise ApiError(f"the {what} in {error}") from error
    except OSError as error:
        raise ApiError(
            f"cannot read the {what} {path}: {error.strerror}; "
            f"start `exposed local` first, or name the file with {option}"
        ) from error
