"""Which services API a command asks, and with what: flags, environment, a profile, a local run.

`choose` decides from what each source gave. The rule that it keeps: a secret goes where its own
source sends it, or where whoever typed it sends it, and never over a network in clear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from shared.cli.connection import home, profiles
from shared.cli.exits import ApiError
from shared.runtime import private
from shared.service.origins import is_loopback

ENDPOINT: Final = "EXPOSED_ENDPOINT"
CREDENTIALS: Final = "EXPOSED_CREDENTIALS"
TOKEN_FILE: Final = "EXPOSED_TOKEN_FILE"  # noqa: S105  the name of a variable
CA: Final = "EXPOSED_CA"
PROFILE: Final = "EXPOSED_PROFILE"

ELSEWHERE: Final = (
    f"name another gateway with --endpoint and --credentials ({ENDPOINT}, {CREDENTIALS}), "
    f"or a profile with --profile ({PROFILE})"
)


@dataclass(frozen=True, slots=True)
class Target:
    """The gateway's address, and the file with what proves who asks."""

    endpoint: str
    credentials: Path | None = None
    """File with one line user:password."""
    token_file: Path | None = None
    """File with an OIDC access token, if there are no credentials."""
    ca: Path | None = None
    """File with the certificates of authorities to trust, in place of the system's."""
    pinned: bool = False
    """`ca` is for this gateway alone, whatever names its certificate has."""


@dataclass(frozen=True, slots=True)
class Given:
    """What one source says; `bound` keeps its secret to its own endpoint."""

    source: str
    endpoint: str = ""
    credentials: Path | None = None
    token_file: Path | None = None
    ca: Path | None = None
    bound: bool = False
    local: bool = False
    """A local run, which is on this machine whatever its files say."""

    @property
    def secret(self) -> Path | None:
        """The file with what proves who asks."""
        return self.credentials or self.token_file


@dataclass(frozen=True, slots=True)
class Flags:
    """What was typed; empty where nothing was."""

    endpoint: str = ""
    credentials: Path | None = None
    token_file: Path | None = None
    ca: Path | None = None
    profile: str = ""


def read(flags: Flags, environ: Mapping[str, str]) -> Target:
    """The target that flags, environment, profiles and the local run say together; ApiError."""
    typed = Given("the command line", flags.endpoint, flags.credentials, flags.token_file, flags.ca)
    given = Given(
        "the environment",
        environ.get(ENDPOINT, ""),
        _path(environ, CREDENTIALS),
        _path(environ, TOKEN_FILE),
        _path(environ, CA),
    )
    if flags.profile:  # typed too, so it stands above the environment
        return choose([typed, _base(flags.profile, environ), given])
    known = [typed, given]
    if not _complete(known):
        known.append(_base(environ.get(PROFILE, ""), environ))
    return choose(known)


def choose(known: Sequence[Given]) -> Target:
    """The target of sources in the order in which they count; ApiError with the remedy."""
    where = next((one for one in known if one.endpoint), None)
    proof = next((one for one in known if one.secret), None)
    if where is None or proof is None or proof.secret is None:
        raise ApiError(f"it is not known which gateway to ask, or as whom: {ELSEWHERE}")
    if proof.credentials and proof.token_file:
        raise ApiError(f"{proof.source} gives credentials and a token file; give one of them")
    endpoint = check_endpoint(where.endpoint, where.source)
    if where.local and not is_loopback(endpoint):
        raise ApiError(
            f"{where.source} names {endpoint}, which is not on this machine; its credentials are "
            f"not sent there: {ELSEWHERE}"
        )
    if proof.bound and proof is not where and not _may_go(proof, endpoint):
        raise ApiError(
            f"the credentials of {proof.source} are not sent to {endpoint}; "
            f"give its own with --credentials ({CREDENTIALS}) or --token-file ({TOKEN_FILE})"
        )
    ca, pinned = next(((one.ca, one.local) for one in known if one.ca), (None, False))
    return Target(endpoint, proof.credentials, proof.token_file, ca, pinned)


def check_endpoint(text: str, source: str) -> str:
    """The address without a slash at its end; ApiError if it is none, or not a private one."""
    try:
        url = urlsplit(text)
        good = url.scheme in ("http", "https") and url.hostname and (url.port is None or url.port)
    except ValueError:
        good = False
    if not good or url.username is not None or url.query or url.fragment or not text.isprintable():
        raise ApiError(
            f"{source}: {text!r} is no address of a gateway; write https://host[:port], and "
            "credentials in a file"
        )
    endpoint = text.rstrip("/")
    if url.scheme == "http" and not is_loopback(endpoint):
        raise ApiError(
            f"{source}: {endpoint} would carry credentials in clear over the network; write "
            "https://…, or reach it by `kubectl port-forward` at http://127.0.0.1:PORT"
        )
    return endpoint


def _may_go(proof: Given, endpoint: str) -> bool:
    if proof.local:
        return is_loopback(endpoint)
    own, asked = urlsplit(proof.endpoint), urlsplit(endpoint)
    return (own.scheme, own.netloc.lower()) == (asked.scheme, asked.netloc.lower())


def _complete(known: Sequence[Given]) -> bool:
    return any(one.endpoint for one in known) and any(one.secret for one in known)


def _base(profile: str, environ: Mapping[str, str]) -> Given:
    """What holds where nothing else was said: a profile, or a local run.

    A folder that EXPOSED_HOME names was chosen in the environment, which counts for more than the
    default of a file.
    """
    if not profile and environ.get(home.VARIABLE):
        profile = profiles.LOCAL
    known = profiles.read(environ) if profile != profiles.LOCAL else None
    if known is not None and (name := profile or known.default or profiles.LOCAL) != profiles.LOCAL:
        return _of_profile(known.get(name), known.path)
    return _local(environ)


def _of_profile(profile: profiles.Profile, file: Path) -> Given:
    for secret in filter(None, (profile.credentials, profile.token_file)):
        try:
            private.check(secret, secret=True)
        except (private.UnsafeError, OSError) as error:
            raise ApiError(f"profile {profile.name} of {file}: {error}") from error
    return Given(
        f"profile {profile.name} of {file}",
        profile.endpoint,
        profile.credentials,
        profile.token_file,
        profile.ca,
        bound=True,
    )


def _local(environ: Mapping[str, str]) -> Given:
    folder = home.path(environ)
    home.check(folder)
    credentials = folder / "credentials"
    if not credentials.is_symlink() and not credentials.exists():
        raise ApiError(
            f"there is no local run in {folder}: start `exposed local` first, name the folder of "
            f"one with {home.VARIABLE}, or {ELSEWHERE}"
        )
    source, endpoint = f"the local run in {folder}", home.endpoint(folder)
    ca = home.authority(folder) if endpoint.startswith("https:") else None
    return Given(source, endpoint, credentials, ca=ca, bound=True, local=True)


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]) if environ.get(name) else None
