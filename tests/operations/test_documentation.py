"""The walks of the documents: what they tell people to type and to write, done as they say it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.apps.browser import opened
from tests.documentation.pages import ROOT
from tests.e2e.conftest import start, stop, until_ready
from tests.operations.reader import Reader, block, named
from tests.waiting import until_blocking

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or ""
CALLING, DEFINITION = "docs/use/calling.md", "docs/use/definition.md"
SERVICE = "/system/services/model/exposed"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader before `exposed local` with the service of the README and that of the guides."""
    folder = tmp_path_factory.mktemp("reader")
    services = (ROOT / "manifests/services/ocr.yaml", HERE / "walk/model.yaml")
    named = (word for path in services for word in ("--service", str(path)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MANAGEMENT_RECONCILE", "2")
        started = start(folder / "home", folder / "output", *named)
    try:
        until_ready(started)
        yield Reader(started, folder)
    finally:
        stop(started)


@pytest.fixture
def called(reader: Reader) -> dict[str, str]:
    """The variables of the guide to calling a service, as its first block sets them."""
    lines = block(CALLING, "export SERVICE=").text.replace(
        "https://oscar.example.org", reader.run.url
    )
    told = reader.script(f'{lines}\necho "$SERVICE $TOKEN"').split()
    return dict(zip(("SERVICE", "TOKEN"), told, strict=True))


def test_the_first_run_of_the_readme(reader: Reader) -> None:
    told = reader.block("README.md", "curl -u", cwd=ROOT)
    assert "keep the model loaded" in told
    assert "ocr-dlp-" in told
    assert "requests" in told
    assert "replicas" in told


def test_the_service_of_the_readme_is_the_one_that_runs(reader: Reader) -> None:
    shown = block("README.md", "name: ocr", "yaml").text
    (reader.folder / "shown").mkdir()
    (reader.folder / "shown/ocr.yaml").write_text(shown)
    shutil.copy(ROOT / "manifests/services/ocr.sh", reader.folder / "shown")
    reader.run.exposed("apply", "--dry-run", str(reader.folder / "shown/ocr.yaml"))


def test_curl(reader: Reader, called: dict[str, str]) -> None:
    shutil.copy(ROOT / "manifests/services/sample.png", reader.folder / "picture.png")
    exports = "".join(f"export {name}={value}\n" for name, value in called.items())
    told = reader.script(exports + block(CALLING, "curl -H").text)
    assert "hello" in told
    assert f"{(reader.folder / 'picture.png').stat().st_size} bytes" in told
    assert "data: second" in told


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("call.py", "hello\n"),
        ("stream.py", "first\nsecond\n"),
        ("chat.py", "Good day\n"),
        ("socket_client.py", "echo of hello\n"),
    ],
)
def test_a_program_in_python(
    reader: Reader, called: dict[str, str], program: str, said: str
) -> None:
    assert reader.program(CALLING, program, **called) == said


@pytest.mark.skipif(not CHROMIUM, reason="no browser; apt-get install chromium")
async def test_scripts_of_a_page(reader: Reader, called: dict[str, str], tmp_path: Path) -> None:
    async with opened(CHROMIUM, tmp_path / "profile") as page:
        await page.go(f"{called['SERVICE']}/?token={called['TOKEN']}")
        await page.until("document.body.innerText.includes('hello')")
        for script, said in (("fetch.js", "hello"), ("socket.js", "echo of hello")):
            text = named(CALLING, script).replace("console.log(", "return (")
            assert await page.run(f"(async () => {{ {text} }})()") == said


def test_the_first_definition(reader: Reader) -> None:
    (reader.folder / "hello.yaml").write_text(block(DEFINITION, "name: hello", "yaml").text)
    reader.run.exposed("apply", "--wait", str(reader.folder / "hello.yaml"))
    assert reader.run.request("/system/services/hello/exposed/").status == 200
    reader.run.exposed("delete", "--yes", "hello")


def test_what_to_look_at_first(reader: Reader) -> None:
    ours = [
        line
        for line in block("docs/operate/troubleshooting.md", "exposed list").text.splitlines()
        if line.startswith("exposed ")
    ]
    assert "model" in reader.script("\n".join(ours), name="model")


def test_a_backup_is_restored_with_its_tokens(reader: Reader) -> None:
    token = reader.run.exposed("token", "model")
    reader.block("docs/operate/backup.md", "kubectl get")
    reader.run.kubectl("delete", "configmap,secret", "-n", "oscar-svc", "--all")
    until_blocking(lambda: "model" not in reader.run.exposed("list"), "the services are gone")
    reader.block("docs/operate/backup.md", "jq")
    until_blocking(lambda: reader.run.call("model", "hello").status == 200, "it is back")
    assert reader.run.exposed("token", "model") == token


def test_a_token_is_changed(reader: Reader, called: dict[str, str]) -> None:
    new = reader.block("docs/operate/security.md", "--rotate", name="model").strip()
    assert new != called["TOKEN"]
    until_blocking(
        lambda: reader.run.request(f"{SERVICE}/hello", user="model", password=new).status == 200,
        "the new one is taken",
    )


def test_the_scalers_own_checks(reader: Reader) -> None:
    reader.block("docs/operate/programs.md", "check-config", cwd=ROOT)


def test_the_simulator(reader: Reader) -> None:
    values = [[second, f"{0.2 + second % 600 / 600}"] for second in range(0, 1800, 15)]
    recorded = {"data": {"result": [{"values": values}]}}
    (reader.folder / "cpu.json").write_text(json.dumps(recorded))
    for containing in ("--load cpu.json", "--start 8 12"):
        (first, *_) = block("docs/operate/simulator.md", containing).text.splitlines()
        assert "pod-seconds" in reader.script(f"{first} --seeds 1")


def test_the_install_of_the_readme(reader: Reader, cluster_home: Path, tmp_path: Path) -> None:
    """What is applied and asked; that our pods run by these manifests other tests show.

    Here they are processes, and one that listens on all addresses would listen on those of the
    pods of any other test.
    """
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    own = "valueFrom: {fieldRef: {fieldPath: status.podIP}}"
    for file in tmp_path.glob("manifests/base/*/deployment.yaml"):
        file.write_text(file.read_text().replace("value: 0.0.0.0", own))
    install = Reader(reader.run, tmp_path, kubeconfig=cluster_home / "kubeconfig")
    text = block("README.md", "docker build").text
    install.script("\n".join(line for line in text.splitlines() if not line.startswith("docker")))
    until_blocking(
        lambda: install.script("kubectl get pods -n oscar").count("Running") == 3, "three pods run"
    )
    told = install.block("docs/operate/install.md", "kubectl get deployments,pods").splitlines()
    assert any("deployment.apps/gateway" in line for line in told)
    install.block("docs/operate/install.md", "kubectl delete deployments,services")
    told = install.block("docs/operate/install.md", "kubectl get all,").splitlines()
    assert not any("deployment.apps" in line for line in told)


@pytest.fixture
def site() -> Iterator[str]:
    """The address of the site, as `make docs` built it and a plain server shows it."""
    reader_of = partial(SimpleHTTPRequestHandler, directory=str(ROOT / "build/docs"))
    with ThreadingHTTPServer(("127.0.0.1", 0), reader_of) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.skipif(not CHROMIUM, reason="no browser; apt-get install chromium")
async def test_the_site_finds_what_is_looked_for(reader: Reader, site: str, tmp_path: Path) -> None:
    reader.script("python docs/site.py", cwd=ROOT)
    async with opened(CHROMIUM, tmp_path / "profile") as page:
        await page.go(f"{site}/index.html")
        await page.until("document.querySelector('.md-search__input')")
        await page.run("document.querySelector('[for=__search]').click()")
        await page.write(".md-search__input", "GATEWAY_TRUSTED_PROXIES")
        found = "document.querySelector('.md-search-result__link[href*=\"settings\"]')"
        await page.until(found)
        assert page.failures == []
