"""Fixtures: a server for the whole run (`server`, `admin`), one for one test (`make_server`), the rule on skips."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import tomllib

import pytest

from rig import cli, clients
from rig.server import ROOT, Server

HERE = pathlib.Path(__file__).parent
FAILED_LOGS = ROOT / "target/conformance-logs"
IN_CI = os.environ.get("CI") == "true"

_skipped: dict[str, str] = {}
_started: list[Server] = []


@pytest.fixture(scope="session")
def workplace():
    """Where all servers of this run live: in target/, so that nothing is left outside the project."""
    base = ROOT / "target/conformance"
    base.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=base))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _serve(server: Server) -> Server:
    _started.append(server)
    return server.start()


@pytest.fixture(scope="session")
def server(workplace):
    """The server most tests share. It is an empty house at the start; tests use names of their own."""
    server = _serve(Server(workplace / "shared"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def admin(server) -> clients.Caller:
    return clients.administrator(server)


@pytest.fixture(scope="session")
def account(admin) -> str:
    return admin.account()


@pytest.fixture
def key(admin) -> dict:
    """The metadata of a fresh symmetric key with the default policy."""
    return admin.kms.create_key()["KeyMetadata"]


@pytest.fixture
def make_server(workplace, request):
    """Makes servers that belong to one test: `make_server(flags=(...))`; they are stopped at its end."""
    made: list[Server] = []

    def make(name: str = "own", *, start: bool = True, of: Server | None = None, **options) -> Server:
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=workplace))
        server = of.copy(folder, **options) if of else Server(folder, **options)
        made.append(server)
        return _serve(server) if start else server

    yield make
    for server in made:
        server.kill()


@pytest.fixture
def own(make_server) -> clients.Caller:
    """The administrator of a server of this test alone."""
    return clients.administrator(make_server())


@pytest.fixture
def clocked(make_server):
    """An administrator whose server takes its clock's offset from `server.clock`, and a way to move both on."""
    server = make_server(start=False)
    server.clock = server.folder / "clock"
    server.clock.write_text("0\n")
    server.flags = ("--danger-clock-file", str(server.clock))
    return clients.administrator(server.start())


@pytest.fixture
def certificate(tmp_path):
    """A self-made certificate for 127.0.0.1: (certificate, key)."""
    crt, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=kagiban test",
            "-addext",
            "subjectAltName=IP:127.0.0.1,DNS:localhost",
            "-keyout",
            str(key),
            "-out",
            str(crt),
        ],
        check=True,
        capture_output=True,
    )
    key.chmod(0o600)
    return crt, key


def needs(program: str, package: str = ""):
    """Skips unless the program is there; in CI that is a failure (see skips.toml)."""
    return pytest.mark.skipif(
        shutil.which(program) is None, reason=f"`{program}` is not installed{package and f' (package {package})'}"
    )


def pytest_configure(config):
    if not (cli.AWSCLI / "aws").exists():
        raise pytest.UsageError(f"no AWS CLI in {cli.AWSCLI}: run `sh ci/clients.sh`")
    # `tmp_path` too stays inside the project.
    config.option.basetemp = config.option.basetemp or str(ROOT / "target/conformance-tmp")
    (ROOT / "target").mkdir(exist_ok=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped[item.nodeid] = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if report.failed:
        # The end of each living server's log stands in the report, and the whole of it in target/conformance-logs.
        FAILED_LOGS.mkdir(parents=True, exist_ok=True)
        for server in {id(s): s for s in _started}.values():
            if server.log.exists() and (
                server.folder.name == "shared" or server.process and "make_server" in item.fixturenames
            ):
                kept = FAILED_LOGS / f"{item.name.replace('/', '_')[:80]}.{server.folder.name}.log"
                shutil.copyfile(server.log, kept)
                report.sections.append((f"end of {kept}", server.output()[-1500:]))


def pytest_sessionfinish(session, exitstatus):
    """With CI=true a skipped test is a failed one, unless skips.toml names it with a reason."""
    allowed = {entry["test"] for entry in tomllib.loads((HERE / "skips.toml").read_text())["skip"]}
    session.config.stash[_FORBIDDEN] = sorted(f"{test}: {why}" for test, why in _skipped.items() if test not in allowed)
    if IN_CI and session.config.stash[_FORBIDDEN] and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    forbidden = config.stash.get(_FORBIDDEN, [])
    if IN_CI and forbidden:
        terminalreporter.section("skipped, but in CI they must run")
        for line in forbidden:
            terminalreporter.line(line)


_FORBIDDEN = pytest.StashKey[list]()
