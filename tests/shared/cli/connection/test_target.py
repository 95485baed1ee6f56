"""Whom a command asks and as whom: the order of sources, and where no secret goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.cli.connection.target import Flags, Given, Target, check_endpoint, choose, read
from shared.cli.exits import ApiError

FLAGS = Given("the command line")
FAR = "https://far.example"
MINE, THEIRS = Path("/mine"), Path("/theirs")
LOCAL = Given("the local run", "http://127.0.0.1:8080", MINE, bound=True, local=True)
PROFILE = Given("profile lab", FAR, MINE, bound=True)


@pytest.mark.parametrize(
    ("known", "target"),
    [
        ((LOCAL,), Target("http://127.0.0.1:8080", MINE)),
        ((Given("env", FAR + "/", THEIRS), LOCAL), Target(FAR, THEIRS)),
        ((Given("env", "http://localhost:9"), LOCAL), Target("http://localhost:9", MINE)),
        ((Given("env", credentials=THEIRS), LOCAL), Target("http://127.0.0.1:8080", THEIRS)),
        ((Given("env", FAR.upper().replace("HTTPS", "https")), PROFILE),
         Target("https://FAR.EXAMPLE", MINE)),
        ((Given("env", token_file=THEIRS), PROFILE), Target(FAR, None, THEIRS)),
        ((Given("flags", ca=THEIRS), PROFILE), Target(FAR, MINE, None, THEIRS)),
    ],
)  # fmt: skip
def test_the_first_source_counts(known: tuple[Given, ...], target: Target) -> None:
    assert choose(known) == target


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ((Given("env", FAR), LOCAL), "credentials of the local run are not sent to"),
        ((Given("env", "https://other"), PROFILE), "credentials of profile lab are not sent to"),
        ((Given("the local run", FAR, MINE, bound=True, local=True),), "is not on this machine"),
        ((Given("env", FAR, MINE, THEIRS),), "env gives credentials and a token file"),
        ((Given("env", FAR),), "--endpoint and --credentials"),
        ((), "--profile"),
    ],
)
def test_what_is_refused(known: tuple[Given, ...], words: str) -> None:
    with pytest.raises(ApiError, match=words):
        choose(known)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://far.example", "would carry credentials in clear"),
        ("http://localhost.evil.example", "would carry credentials in clear"),
        ("far.example", "is no address"),
        ("https://", "is no address"),
        ("https://user:secret@far.example", "is no address"),
        ("https://far.example?x=1", "is no address"),
        ("https://far.example:port", "is no address"),
        ("https://far\nexample", "is no address"),
        ("ftp://far.example", "is no address"),
        ("https://[::1", "is no address"),
    ],
)
def test_no_address(text: str, words: str) -> None:
    with pytest.raises(ApiError, match=words) as caught:
        check_endpoint(text, "EXPOSED_ENDPOINT")
    assert "EXPOSED_ENDPOINT: " in caught.value.message


@pytest.mark.parametrize(
    "text",
    ["https://far.example/oscar", "http://localhost:1", "http://[::1]:1", "http://127.9.9.9"],
)
def test_an_address(text: str) -> None:
    assert check_endpoint(text + "/", "x") == text


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A profile `lab`, which is the default, a local run here, and nothing in the environment."""
    folder = tmp_path / "config" / "exposed"
    folder.mkdir(parents=True)
    (folder / "profiles.yaml").write_text(
        "default: lab\nprofiles:\n"
        f"  lab: {{endpoint: '{FAR}', credentials: lab}}\n"
        "  two: {endpoint: 'https://two.example', token_file: /run/token, ca: ca.pem}\n"
    )
    (folder / "lab").write_text("user:password\n")
    (folder / "lab").chmod(0o600)
    home = tmp_path / ".local"
    home.mkdir(mode=0o700)
    (home / "credentials").write_text("oscar:secret\n")
    (home / "endpoint").write_text("http://127.0.0.1:7777\n")
    monkeypatch.chdir(tmp_path)
    return {"XDG_CONFIG_HOME": str(tmp_path / "config")}


HERE = "http://127.0.0.1:7777"


@pytest.mark.parametrize(
    ("flags", "more", "endpoint"),
    [
        (Flags(), {}, FAR),
        (Flags(profile="local"), {}, HERE),
        (Flags(), {"EXPOSED_PROFILE": "local"}, HERE),
        (Flags(), {"EXPOSED_PROFILE": "two"}, "https://two.example"),
        (Flags(), {"EXPOSED_HOME": ".local"}, HERE),
        (Flags(), {"EXPOSED_HOME": ".local", "EXPOSED_PROFILE": "lab"}, FAR),
        (Flags(), {"EXPOSED_ENDPOINT": "https://env", "EXPOSED_CREDENTIALS": "/x"}, "https://env"),
        (Flags(profile="lab"), {"EXPOSED_ENDPOINT": "https://env"}, FAR),
        (Flags(endpoint="https://typed", credentials=Path("/x")), {}, "https://typed"),
        (Flags(), {"EXPOSED_ENDPOINT": "", "EXPOSED_PROFILE": ""}, FAR),
    ],
)
def test_flags_then_environment_then_profile_then_local_run(
    environ: dict[str, str], flags: Flags, more: dict[str, str], endpoint: str
) -> None:
    assert read(flags, {**environ, **more}).endpoint == endpoint


def test_paths_of_a_profile_count_from_its_file(environ: dict[str, str]) -> None:
    folder = Path(environ["XDG_CONFIG_HOME"]) / "exposed"
    assert read(Flags(), environ).credentials == folder / "lab"
    two = read(Flags(profile="two"), environ)
    assert (two.token_file, two.ca) == (Path("/run/token"), folder / "ca.pem")


def test_an_unknown_profile_names_those_there_are(environ: dict[str, str]) -> None:
    with pytest.raises(ApiError, match=r"no profile 'three' in .*there are: lab, local, two"):
        read(Flags(profile="three"), environ)


def test_outside_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ApiError) as caught:
        read(Flags(), {"XDG_CONFIG_HOME": str(tmp_path)})
    for word in ("EXPOSED_HOME", "--endpoint", "EXPOSED_ENDPOINT", "--profile", "exposed local"):
        assert word in caught.value.message


def test_the_folder_of_somebody_else_is_not_believed(environ: dict[str, str]) -> None:
    Path(".local").chmod(0o777)
    with pytest.raises(
        ApiError, match=r"\.local is not used: it can be written by others.*EXPOSED_HOME"
    ):
        read(Flags(profile="local"), environ)


def test_a_link_in_the_folder_is_not_followed(environ: dict[str, str]) -> None:
    Path(".local/credentials").unlink()
    Path(".local/credentials").symlink_to("/etc/hostname")
    with pytest.raises(ApiError, match="credentials is a symbolic link"):
        read(Flags(profile="local"), environ)


def test_a_local_run_that_names_another_machine(environ: dict[str, str]) -> None:
    Path(".local/endpoint").write_text("https://evil.example\n")
    with pytest.raises(ApiError, match=r"evil\.example, which is not on this machine"):
        read(Flags(profile="local"), environ)


def test_credentials_of_a_profile_that_others_can_read(environ: dict[str, str]) -> None:
    (Path(environ["XDG_CONFIG_HOME"]) / "exposed" / "lab").chmod(0o644)
    with pytest.raises(ApiError, match=r"profile lab of .*can be read by others"):
        read(Flags(), environ)
