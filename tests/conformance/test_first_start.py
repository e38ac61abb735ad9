"""The first start: the key pair that it delivers or makes anew, what it says, what it leaves alone when it cannot."""

import random
import re
import stat
import subprocess
import time

import pytest

from conftest import needs
from rig import cli
from rig.clients import administrator
from rig.server import ACCOUNT, NotStarted, Server


def test_the_first_start_writes_the_administrators_key_pair(own):
    server = own.server
    assert stat.S_IMODE(server.credentials_file.stat().st_mode) == 0o600
    assert re.fullmatch("AKIA[A-Z2-7]{16}", own.access_key) and re.fullmatch("[A-Za-z0-9+/]{40}", own.secret_key)
    me = own.sts.get_caller_identity()
    assert me["Account"] == ACCOUNT and me["Arn"].startswith(f"arn:aws:iam::{ACCOUNT}:")
    assert own.secret_key not in server.output(), "the secret does not pass through the log"
    for path in [server.data, *server.data.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, f"{path} may be read by others"


def test_without_an_account_id_one_is_made_and_kept(make_server):
    server = make_server(start=False)
    command = server.command
    server.command = lambda: [w for w in command() if w not in ("--account-id", ACCOUNT)]
    account = administrator(server.start()).account()
    assert re.fullmatch("[0-9]{12}", account)
    server.restart()
    assert administrator(server).account() == account


def test_a_lost_credentials_file_is_not_made_again(own):
    own.server.stop()
    own.server.credentials_file.unlink()
    own.server.start()
    assert own.sts.get_caller_identity()["Account"] == ACCOUNT
    assert not own.server.credentials_file.exists(), (
        "the key pair was shown once; a file with another one would be a back door"
    )


def test_init_makes_a_house_without_serving(make_server):
    server = make_server(start=False)
    done = server.run(
        "init",
        "--data-dir",
        str(server.data),
        "--credentials-file",
        str(server.credentials_file),
        "--account-id",
        ACCOUNT,
    )
    assert done.returncode == 0, done.stderr
    assert "AWS_ENDPOINT_URL" not in done.stdout and "kagiban serve" in done.stdout, "nobody listens yet"
    assert (server.data / "trail.head").exists()
    access_key, secret_key = server.credentials()
    assert secret_key not in done.stdout + done.stderr, "the secret is shown on a terminal at most"
    assert administrator(server.start()).sts.get_caller_identity()["Account"] == ACCOUNT


# --- the key pair finds its place, or nothing is made ---------------------------------------------


def told(server: Server) -> str:
    with pytest.raises(NotStarted) as error:
        server.start()
    assert error.value.code == 2, error.value.output
    return error.value.output


@pytest.mark.parametrize("what", ["no folder", "there already", "a folder", "a dangling link"])
def test_nothing_is_made_when_the_credentials_file_cannot_be_written(make_server, what):
    server = make_server(start=False)
    file = server.credentials_file
    match what:
        case "no folder":
            server.credentials_file = file = file.parent / "plain" / "credentials"
            file.parent.write_text("a file")
        case "there already":
            file.write_text("[default]\n")
        case "a folder":
            file.mkdir()
        case "a dangling link":
            file.symlink_to("/nonexistent/credentials")
    assert str(file.parent if what == "no folder" else file) in told(server)
    assert not server.data.exists() and not server.root_files(), "neither data directory nor root"
    if what == "there already":
        assert file.read_text() == "[default]\n"
        server.credentials_file = file.parent / "another"
        assert administrator(server.start()).account() == ACCOUNT


def test_a_key_pair_that_was_not_delivered_is_made_anew(make_server):
    """Something stands where the file is staged. Only the writing itself meets it, when the account is founded."""
    server = make_server(start=False)
    in_the_way = server.credentials_file.with_name(server.credentials_file.name + ".new")
    in_the_way.mkdir()
    for _ in range(2):
        assert "made anew" in told(server)
        assert (server.data / "kagiban.db").exists() and not server.credentials_file.exists()
    in_the_way.rmdir()
    server.start()
    admin = administrator(server)
    assert admin.account() == ACCOUNT
    keys = admin.iam.list_access_keys(UserName="administrator")["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in keys] == [admin.access_key], "the lost ones are gone"
    names = founding_events(admin)
    assert names == ["ConfirmFirstAccessKey", "ReplaceFirstAccessKey", "ReplaceFirstAccessKey", "FoundAccount"]
    # Delivered once, it is never made again.
    server.stop()
    server.credentials_file.unlink()
    server.start()
    assert not server.credentials_file.exists() and admin.account() == ACCOUNT
    assert server.verify().returncode == 0


@pytest.mark.parametrize("seed", range(8))
def test_whoever_is_killed_in_the_first_start_starts_again(make_server, seed):
    """Wherever the kill falls, the next start ends with one administrator whose key is in the file."""
    server = make_server(start=False)
    with server.log.open("ab") as log:
        process = subprocess.Popen(server.command(), stdout=log, stderr=log, env=server.environment, cwd=server.folder)
    deadline = time.monotonic() + 10
    made = [server.data, server.data / "keyring.sealed", server.data / "kagiban.db", server.credentials_file]
    waited_for = made[seed % len(made)]
    while not waited_for.exists() and time.monotonic() < deadline:
        pass
    time.sleep(random.Random(seed).uniform(0, 0.02))
    process.kill()
    process.wait()
    admin = administrator(server.start())
    assert admin.account() == ACCOUNT
    keys = admin.iam.list_access_keys(UserName="administrator")["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in keys] == [admin.access_key]
    assert server.verify().returncode == 0


def founding_events(admin) -> list[str]:
    """The events of IAM's own that made the account, newest first."""
    query = [{"AttributeKey": "EventSource", "AttributeValue": "iam.amazonaws.com"}]
    for _ in range(50):
        events = admin.cloudtrail.lookup_events(LookupAttributes=query)["Events"]
        if any(event["EventName"] == "ListAccessKeys" for event in events):
            break
        time.sleep(0.1)
    return [event["EventName"] for event in events if "Account" in event["EventName"] or "First" in event["EventName"]]


# --- what it says -----------------------------------------------------------------------------------


def exports(output: str) -> dict[str, str]:
    lines = re.findall(r"^ *export ([A-Z_]+)=(.*)$", output, re.MULTILINE)
    return {name: value.strip("'") for name, value in lines}


def test_the_printed_lines_can_be_pasted(make_server):
    """A port of the system's choice, paths as given from the folder where the program is started."""
    server = make_server(start=False)
    (server.folder / "with space").mkdir()
    server.credentials_file = server.folder / "with space" / "credentials"
    command = server.command
    relative = lambda word: word.replace(f"{server.folder}/", "")  # noqa: E731
    server.command = lambda: [relative(w) if w.startswith(str(server.folder)) else w for w in command()]
    server.start()
    said = exports(server.output())
    assert said["AWS_SHARED_CREDENTIALS_FILE"] == str(server.credentials_file)
    assert said["AWS_ENDPOINT_URL"] == server.url and "AWS_CA_BUNDLE" not in said
    assert f"{server.data}\n" in server.output()


def test_a_port_that_the_system_chooses_is_told(make_server):
    server = make_server(start=False)
    log = server.log.open("wb")
    server.process = subprocess.Popen(
        server.command(), stdout=log, stderr=log, env=server.environment, cwd=server.folder
    )
    for _ in range(200):
        if "ready on" in server.output():
            break
        time.sleep(0.05)
    server.port = int(exports(server.output())["AWS_ENDPOINT_URL"].rpartition(":")[2])
    assert server.port != 0 and administrator(server).account() == ACCOUNT


@needs("openssl")
def test_under_tls_the_lines_name_scheme_and_certificate(make_server, certificate):
    crt, key = certificate
    flags = ("--tls-certificate-file", str(crt), "--tls-key-file", str(key))
    server = make_server("tls", flags=flags, scheme="https", cafile=str(crt))
    said = exports(server.output())
    assert said["AWS_ENDPOINT_URL"] == server.url and said["AWS_CA_BUNDLE"] == str(crt)
    done = cli.cli(administrator(server), "sts", "get-caller-identity", extra=said)
    assert done.json()["Account"] == ACCOUNT


@needs("openssl")
def test_a_tls_key_that_others_may_read_or_that_is_none(make_server, certificate):
    crt, key = certificate
    flags = lambda file: ("--tls-certificate-file", str(crt), "--tls-key-file", str(file))  # noqa: E731
    server = make_server("tls", start=False, flags=flags(key), scheme="https", cafile=str(crt))
    key.chmod(0o640)
    assert "chmod 600" in told(server)
    server.flags = flags("/nonexistent/key.pem")
    assert "not there" in told(server)
    server.flags = flags(crt.parent)
    assert "irectory" in told(server), "an error of reading is told as it is"
    assert not server.data.exists() and not server.credentials_file.exists()
