"""`kagiban config check`: what it prints is what `serve` does; what it refuses, `serve` refuses in the same words."""

import subprocess
import tomllib

import pytest

from rig.clients import administrator
from rig.server import NotStarted, Server, binary


def check(server: Server, *flags: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(binary()), "config", "check", *flags],
        env=server.environment | variables,
        cwd=server.folder,
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.fixture
def server(make_server):
    return make_server(start=False)


def write(server: Server, text: str) -> str:
    file = server.folder / "kagiban.toml"
    file.write_text(text)
    return str(file)


def test_each_value_says_where_it_came_from(server):
    file = write(server, 'region = "eu-west-1"\nlisten = "127.0.0.1:1"\n')
    done = check(server, "--config", file, "--data-dir", "here", KAGIBAN_LISTEN="127.0.0.1:2")
    assert done.returncode == 0 and not done.stderr, done
    for line in (
        f'data_dir = "{server.folder}/here"    # the flag --data-dir',
        'listen = "127.0.0.1:2"    # the variable KAGIBAN_LISTEN',
        f'region = "eu-west-1"    # the file {file}',
        'log_format = "human"    # the default',
    ):
        assert line in done.stdout.splitlines(), f"{line}\n{done.stdout}"
    assert not (server.folder / "here").exists(), "looking makes nothing"


def test_what_it_prints_is_a_file_that_serves_the_same(server):
    before = check(server, *server.command()[2:])
    printed = write(server, before.stdout)
    again = check(server, "--config", printed)
    assert tomllib.loads(before.stdout) == tomllib.loads(again.stdout) != {}
    command = server.command
    server.command = lambda: [*command()[:2], "--config", printed, "--listen", f"127.0.0.1:{server.port}"]
    server.start()
    assert administrator(server).account() == tomllib.loads(before.stdout)["account_id"]


def test_no_secret_is_printed(server):
    phrase = server.folder / "phrase"
    phrase.write_text("correct horse battery staple")
    done = check(server, "--root-passphrase-file", str(phrase))
    assert done.returncode == 0 and str(phrase) in done.stdout and "horse" not in done.stdout + done.stderr


@pytest.mark.parametrize("text, flags, said", [
    ('data_dir = "x"\n  regoin = "eu-west-1"', (), "line 2, column 3: `regoin` is no setting (did you mean `region`?)"),
    ('regions = "eu-west-1"', (), "line 1, column 11"),
    ("region = ", (), "line 1, column 10"),
    ('listen = "127.0.0.1:70000"', (), "127.0.0.1:70000"),
    ('region = "Tokyo"', (), "Tokyo"),
    ('account_id = "12"', (), "twelve digits"),
    ("", ("--listen", "0.0.0.0:1"), "--danger-plain-listen"),
    ("", ("--tls-key-file", "k"), "tls_certificate_file"),
    ("", ("--log-format", "xml"), "xml"),
])  # fmt: skip
def test_what_is_not_right_is_refused_as_serve_refuses_it(server, text, flags, said):
    flags = ("--config", write(server, text), *flags)
    done = check(server, *flags)
    assert done.returncode == 2 and said in done.stderr and not done.stdout, done
    served = server.run("serve", *flags)
    assert (served.returncode, served.stderr) == (2, done.stderr)


def test_variables_that_say_nothing_are_told(server):
    done = check(server, KAGIBAN_DATADIR="x", KAGIBAN_SERVICE_HOST="10.0.0.1")
    assert done.returncode == 0 and "did you mean `KAGIBAN_DATA_DIR`?" in done.stderr, done
    done = check(server, KAGIBAN_LOG="warn,=x=")
    assert done.returncode == 2 and "KAGIBAN_LOG" in done.stderr, done
    server.flags = ("--config", write(server, "quorum = 3"))
    with pytest.raises(NotStarted):
        server.start()
