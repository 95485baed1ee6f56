"""The folder of a local run: where it is, whether it can be trusted, and what it says.

A folder of somebody else, or one that others can write, could name any address and any password;
so nothing is read from it, nor written to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shared.cli.exits import ApiError
from shared.runtime import private

VARIABLE: Final = "EXPOSED_HOME"
DEFAULT_ENDPOINT: Final = "http://127.0.0.1:8080"


def path(environ: Mapping[str, str]) -> Path:
    """The folder that holds the state of a local run: `EXPOSED_HOME`, or `.local` here."""
    return Path(environ.get(VARIABLE) or ".local").absolute()


def check(folder: Path) -> None:
    """ApiError when somebody else could have written what is in `folder`."""
    try:
        private.check_folder(folder)
    except private.UnsafeError as error:
        raise ApiError(f"{error}. {VARIABLE} names another folder") from error
    except OSError as error:
        raise ApiError(
            f"cannot read {folder}: {error.strerror}; choose another folder with {VARIABLE}"
        ) from error


def endpoint(folder: Path) -> str:
    """The gateway of the local run in `folder`, which leaves its address there."""
    try:
        return private.read(folder / "endpoint").strip()
    except FileNotFoundError:
        return DEFAULT_ENDPOINT
    except private.UnsafeError as error:
        raise ApiError(str(error)) from error
    except ValueError as error:
        raise ApiError(f"cannot use {folder / 'endpoint'}: {error}") from error
    except OSError as error:
        raise ApiError(f"cannot read {folder / 'endpoint'}: {error.strerror}") from error


def authority(folder: Path) -> Path:
    """The file with the certificate by which the gateway of the local run in `folder` is known: of
    its authority, or its own. It is there when the gateway speaks TLS."""
    return folder / "gateway-ca.crt"
