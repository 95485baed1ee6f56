"""Named profiles: endpoints with the files of their credentials, in the user's configuration.

The file is `$XDG_CONFIG_HOME/exposed/profiles.yaml` (`~/.config/…`; XDG Base Directory
Specification). It holds no secret itself, only the names of files that do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from shared.cli.exits import ApiError
from shared.runtime import private
from shared.service.documents import DocumentError, load_yaml
from shared.service.fields import Fields, Problems

LOCAL: Final = "local"
"""The profile that is always there: the local run."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One endpoint; one of `credentials` (user:password) and `token_file` (OIDC) is given."""

    name: str
    endpoint: str
    credentials: Path | None = None
    token_file: Path | None = None
    ca: Path | None = None


@dataclass(frozen=True, slots=True)
class Profiles:
    """What the file says; without a file, nothing."""

    path: Path
    default: str = ""
    named: Mapping[str, Profile] = field(default_factory=dict)

    def get(self, name: str) -> Profile:
        """The profile called `name`; ApiError that names those there are."""
        if name in self.named:
            return self.named[name]
        known = ", ".join(sorted([LOCAL, *self.named]))
        raise ApiError(f"there is no profile {name!r} in {self.path}; there are: {known}")


def path(environ: Mapping[str, str]) -> Path:
    """Where the file is, be it there or not. A relative XDG_CONFIG_HOME does not count."""
    base = Path(environ.get("XDG_CONFIG_HOME", ""))
    if not base.is_absolute():
        base = Path(environ.get("HOME") or "~").expanduser() / ".config"
    return base / "exposed" / "profiles.yaml"


def read(environ: Mapping[str, str]) -> Profiles:
    """The profiles of the user; ApiError naming file and field of everything that is wrong."""
    file = path(environ)
    try:
        private.check(file.parent)
        text = private.read(file, follow=True)
    except FileNotFoundError:
        return Profiles(file)
    except OSError as error:
        raise ApiError(f"cannot read {file}: {error.strerror}") from error
    except private.UnsafeError as error:
        raise ApiError(str(error)) from error
    except ValueError as error:
        raise ApiError(f"cannot use {file}: {error}") from error
    return parse(text, file)


def parse(text: str, file: Path) -> Profiles:
    """What `text` says, paths counted from the folder of `file`; ApiError with all problems."""
    problems = Problems()
    try:
        fields = Fields(load_yaml(text), "", problems)
    except DocumentError as error:
        raise ApiError(f"{file}: {error}") from error
    with fields.section("profiles") as section:
        named = {
            str(name): _profile(str(name), section.raw(name), file, problems)
            for name in list(fields.mapping("profiles"))
        }
    default = fields.text("default")
    if default and default not in (LOCAL, *named):
        fields.error("default", f"there is no profile {default!r}; define it, or leave it out")
    if LOCAL in named:
        fields.error(f"profiles.{LOCAL}", "names the local run; choose another name")
    fields.warn_unknown()
    _refuse(file, [*problems.errors, *problems.warnings])
    return Profiles(file, default, named)


def _profile(name: str, body: Any, file: Path, problems: Problems) -> Profile:
    fields = Fields(body, f"profiles.{name}", problems)
    profile = Profile(
        name=name,
        endpoint=fields.text("endpoint"),
        credentials=_file(fields, "credentials", file),
        token_file=_file(fields, "token_file", file),
        ca=_file(fields, "ca", file),
    )
    if not profile.endpoint:
        fields.error("endpoint", "is missing; write https://host[:port]")
    if (profile.credentials is None) == (profile.token_file is None):
        fields.error(
            "", "give one of credentials (a file with user:password) and token_file (OIDC)"
        )
    fields.warn_unknown()
    return profile


def _file(fields: Fields, name: str, file: Path) -> Path | None:
    text = fields.text(name)
    return file.parent / Path(text).expanduser() if text else None


def _refuse(file: Path, problems: list[str]) -> None:
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise ApiError(f"{file} is not valid:\n{lines}")
