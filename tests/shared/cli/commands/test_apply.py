"""apply: all is checked first, every service is told, nothing is withdrawn unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shared.cli.conftest import Cli
from tests.shared.cli.real import RealApi

HEAD = "functions:\n  oscar:\n"


def entry(name: str, expose: str = "{api_port: 80}", more: str = "") -> str:
    text = f"  - cluster:\n      name: {name}\n      image: python\n      script: run.sh\n{more}"
    return text + (f"      expose: {expose}\n" if expose else "")


def written(folder: Path, *entries: str, name: str = "services.yaml") -> str:
    (folder / "run.sh").write_text("exec server\n")
    (folder / name).write_text(HEAD + "".join(entries))
    return str(folder / name)


def writes(real: RealApi) -> list[str]:
    return [call for call in real.calls if not call.startswith("GET")]


def test_all_are_checked_before_the_first_is_written(
    exposed: Cli, real: RealApi, tmp_path: Path
) -> None:
    good = written(tmp_path, entry("one"))
    bad = written(tmp_path, entry("two", "{api_port: 0x}"), entry("Three"), name="bad.yaml")
    result = exposed("apply", good, bad)
    assert result.exit_code == 1
    assert "bad.yaml is not valid" in result.output
    assert "functions.oscar[0].expose.api_port" in result.output
    assert "functions.oscar[1].name" in result.output
    assert writes(real) == []


def test_one_name_in_two_files(exposed: Cli, real: RealApi, tmp_path: Path) -> None:
    files = [written(tmp_path, entry("one"), name=name) for name in ("a.yaml", "b.yaml")]
    assert "service 'one' stands in two of the files" in exposed("apply", *files).output
    assert writes(real) == []


def test_what_is_not_exposed_is_skipped_and_the_rest_goes_on(
    exposed: Cli, real: RealApi, tmp_path: Path
) -> None:
    result = exposed("apply", written(tmp_path, entry("batch", ""), entry("one")))
    assert result.exit_code == 0, result.output
    assert "service/batch skipped: it has no `expose`" in result.output
    assert "service/one created" in result.output
    assert real.names() == ["one"]


def test_nothing_but_skipped_services_is_a_failure(exposed: Cli, tmp_path: Path) -> None:
    result = exposed("apply", written(tmp_path, entry("batch", "")))
    assert result.exit_code == 1
    assert "nothing was applied" in result.output


def test_a_service_is_withdrawn_only_when_that_is_meant(
    exposed: Cli, real: RealApi, tmp_path: Path
) -> None:
    exposed("apply", written(tmp_path, entry("one")))
    file = written(tmp_path, entry("one", ""), entry("two"))
    real.calls.clear()
    refused = exposed("apply", file)
    assert refused.exit_code == 1
    assert "service/one would no longer be exposed" in refused.output
    assert "give --yes" in refused.output
    assert writes(real) == []
    result = exposed("apply", "--yes", file)
    assert result.exit_code == 0, result.output
    assert "service/one replaced; it is no longer exposed" in result.output
    assert "/services/one/exposed/" not in result.output
    assert "/services/two/exposed/" in result.output
    rows = {line.split()[0]: line for line in exposed("list").output.splitlines()}
    assert rows["one"].split()[1:3] == ["not", "exposed"]
    assert "http" not in rows["one"]
    again = exposed("apply", written(tmp_path, entry("one", "")))
    assert again.output == "service/one replaced; it is not exposed\n"


def test_standard_input_counts_scripts_from_here(
    exposed: Cli, real: RealApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run.sh").write_text("exec server\n")
    monkeypatch.chdir(tmp_path)
    result = exposed("apply", "-", stdin=HEAD + entry("one"))
    assert result.exit_code == 0, result.output
    assert real.within(lambda: real.cluster.configmap("one")["data"]["script.sh"]) == (
        "exec server\n"
    )


def test_one_refusal_does_not_keep_the_others_back(
    exposed: Cli, real: RealApi, tmp_path: Path
) -> None:
    real.take("taken")
    result = exposed("apply", written(tmp_path, entry("taken"), entry("one")))
    assert result.exit_code == 1
    assert "service/taken: A service with the provided name already exists (400)" in result.output
    assert real.names() == ["one", "taken"]
    assert "service/one created" in result.output


def test_dry_run_says_what_would_be_done_and_writes_nothing(
    exposed: Cli, real: RealApi, tmp_path: Path
) -> None:
    exposed("apply", written(tmp_path, entry("one"), entry("two")))
    file = written(
        tmp_path, entry("one"), entry("two", "{api_port: 81}"), entry("three"), entry("four", "")
    )
    real.calls.clear()
    result = exposed("apply", "--dry-run", file)
    assert result.exit_code == 0, result.output
    assert [line.partition(":")[0] for line in result.output.splitlines()] == [
        "service/one unchanged (dry run)",
        "service/two replaced (dry run)",
        "service/three created (dry run)",
        "service/four skipped",
    ]
    assert writes(real) == []


def test_dry_run_without_an_api_still_checks(exposed: Cli, tmp_path: Path) -> None:
    exposed.environment["EXPOSED_ENDPOINT"] = "http://127.0.0.1:1"
    result = exposed("apply", "--dry-run", written(tmp_path, entry("one")))
    assert result.exit_code == 0
    assert "checked without the services API" in result.output
    assert exposed("apply", "--dry-run", written(tmp_path, entry("One"))).exit_code == 1


def test_a_warning_is_said_once(exposed: Cli, tmp_path: Path) -> None:
    more = "      memroy: 1Gi\n"
    file = written(tmp_path, entry("one", "{api_port: 80, min_scal: 2}", more))
    output = exposed("apply", file).output
    assert output.count("did you mean memory?") == 1
    assert output.count("did you mean min_scale?") == 1


def test_wait_tells_progress_and_ends_when_it_runs(exposed: Cli, tmp_path: Path) -> None:
    file = written(tmp_path, entry("one", "{api_port: 80, min_scale: 2}"))
    result = exposed("apply", "--wait", file)
    assert result.exit_code == 0, result.output
    assert result.output.endswith("service/one runs\n")
    assert "2 of 2 pods started, 2 ready" in result.output


def test_wait_fails_with_the_reason(exposed: Cli, real: RealApi, tmp_path: Path) -> None:
    with real.asleep():
        result = exposed("apply", "--wait", "--timeout", "0", written(tmp_path, entry("one")))
    assert result.exit_code == 3
    assert "service/one is not ready after 0 s" in result.output
    assert "exposed describe one" in result.output
