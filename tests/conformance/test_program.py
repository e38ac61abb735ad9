"""The program: first start, restart, the root that lies apart (K-20), modes, health, shutdown, exit codes."""

import re
import shutil
import signal
import stat
import subprocess
import threading
import time

import pytest

from rig import raw
from rig.clients import administrator, make_user, statement
from rig.server import ACCOUNT, NotStarted, Server, binary


def test_help_is_worth_reading():
    for arguments, words in {
        ("--help",): ["serve", "trail", "init"],
        ("serve", "--help"): [
            "--data-dir",
            "--listen",
            "--credentials-file",
            "--region",
            "--account-id",
            "--root-key-file",
            "--danger-clock-file",
        ],
        ("trail", "verify", "--help"): ["--data-dir", "--root-key-file"],
    }.items():
        done = subprocess.run([str(binary()), *arguments], capture_output=True, text=True)
        assert done.returncode == 0 and all(word in done.stdout for word in words), done.stdout
    assert subprocess.run([str(binary()), "--version"], capture_output=True).returncode == 0


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


def test_restart_with_the_same_data(own):
    key = own.kms.create_key(Description="stays", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]
    own.kms.create_alias(AliasName="alias/stays", TargetKeyId=key["KeyId"])
    blob = own.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"customer list")["CiphertextBlob"]
    disabled = own.kms.create_key()["KeyMetadata"]["KeyId"]
    own.kms.disable_key(KeyId=disabled)
    user = make_user(own, statement("Allow", "kms:Decrypt"))
    before = own.server.credentials_file.read_bytes()
    own.server.restart()
    assert own.server.credentials_file.read_bytes() == before, "a second start makes no second administrator"
    assert own.kms.describe_key(KeyId="alias/stays")["KeyMetadata"] == key
    assert own.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"customer list"
    assert user.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"customer list"
    assert own.kms.list_resource_tags(KeyId=key["KeyId"])["Tags"] == [{"TagKey": "a", "TagValue": "b"}]
    assert own.kms.describe_key(KeyId=disabled)["KeyMetadata"]["KeyState"] == "Disabled"
    assert own.server.verify().returncode == 0


def test_a_lost_credentials_file_is_not_made_again(own):
    own.server.stop()
    own.server.credentials_file.unlink()
    own.server.start()
    assert own.sts.get_caller_identity()["Account"] == ACCOUNT
    assert not own.server.credentials_file.exists(), (
        "the key pair was shown once; a file with another one would be a back door"
    )


def test_two_servers_do_not_share_a_data_directory(own):
    second = Server(own.server.folder)
    second.data, second.log = own.server.data, own.server.folder / "second.log"
    with pytest.raises(NotStarted) as error:
        second.start()
    assert error.value.code not in (0, None)
    assert own.sts.get_caller_identity()


@pytest.mark.parametrize(
    "flags",
    [
        ("--account-id", "12345"),
        ("--account-id", "abcdefghijkl"),
        ("--region", "mars-north-1"),
        ("--listen", "nonsense"),
        ("--no-such-flag",),
        ("--root-key-file", "/dev/null/root.key"),
    ],
)
def test_a_command_line_that_is_wrong(make_server, flags):
    server = make_server(start=False)
    command = server.command

    def changed() -> list[str]:
        line = command()
        if flags[0] in line:
            line[line.index(flags[0]) + 1] = flags[1]
            return line
        return [*line, *flags]

    server.command = changed
    with pytest.raises(NotStarted) as error:
        server.start()
    assert error.value.code not in (0, None, 101, -6), error.value.output
    assert "panicked" not in error.value.output


def test_a_plain_listener_is_for_loopback(make_server):
    server = make_server(start=False)
    command = server.command
    server.command = lambda: [w.replace("127.0.0.1:", "0.0.0.0:") for w in command()]
    with pytest.raises(NotStarted) as error:
        server.start()
    assert "danger" in error.value.output, "it says which flag would allow it"


# --- the root lies apart: K-20 ------------------------------------------------------------------


def refused_to_start(server: Server) -> str:
    with pytest.raises(NotStarted) as error:
        server.start()
    assert error.value.code not in (0, None, 101, -6), f"an orderly refusal: {error.value.output}"
    return error.value.output


@pytest.fixture
def stolen(make_server):
    """A house with something in it, and a copy of its data directory, as a thief would have it."""
    own = administrator(make_server("house"))
    key = own.kms.create_key()["KeyMetadata"]
    blob = own.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    own.server.stop()
    return own, blob, lambda **options: make_server("thief", start=False, of=own.server, **options)


def test_k20_a_data_directory_without_its_root(stolen):
    own, blob, steal = stolen
    thief = steal()
    said = refused_to_start(thief)
    assert "--root-key-file" in said and "root" in said.lower(), f"it says what to do: {said}"
    assert not thief.credentials_file.exists() and not thief.root_files(), "no new root is made for an old house"
    verdict = thief.verify()
    assert verdict.returncode == 2, verdict.stdout + verdict.stderr
    # With the root it opens.
    thief.flags = ("--root-key-file", str(own.server.root_files()[0]))
    thief.start()
    assert own.but(server=thief).kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_k20_a_data_directory_with_another_root(stolen, make_server):
    own, _, steal = stolen
    other = make_server("other")
    thief = steal(flags=("--root-key-file", str(other.root_files()[0])))
    assert "root" in refused_to_start(thief).lower()
    assert thief.verify().returncode == 2
    # The other root under the name that this house looks for.
    thief = steal()
    roots = thief.home / "config/kagiban/roots"
    roots.mkdir(parents=True, mode=0o700)
    shutil.copy(other.root_files()[0], roots / own.server.root_files()[0].name)
    assert "root" in refused_to_start(thief).lower()


def test_k20_the_installation_id_put_back_by_hand(stolen, make_server):
    own, _, steal = stolen
    other = make_server("other")
    identity = own.server.root_files()[0].stem
    bearers = [
        p.relative_to(own.server.data)
        for p in own.server.data.rglob("*")
        if p.is_file() and p.stat().st_size < 4096 and identity in p.read_text(errors="replace")
    ]
    assert bearers, "the data directory names its installation in a small file"
    # Without the id the old house is not taken for a new one ...
    thief = steal()
    for bearer in bearers:
        (thief.data / bearer).unlink()
    refused_to_start(thief)
    assert not thief.credentials_file.exists()
    # ... with the id of another house it does not open under that house's root ...
    thief = steal(flags=("--root-key-file", str(other.root_files()[0])))
    for bearer in bearers:
        (thief.data / bearer).write_text(
            (thief.data / bearer).read_text().replace(identity, other.root_files()[0].stem)
        )
    refused_to_start(thief)
    # ... and a fresh house's root, renamed after the old id, does not open it either, the id being right.
    thief = steal()
    for bearer in bearers:
        (thief.data / bearer).unlink()
        shutil.copy(own.server.data / bearer, thief.data / bearer)
    roots = thief.home / "config/kagiban/roots"
    roots.mkdir(parents=True, mode=0o700)
    shutil.copy(other.root_files()[0], roots / f"{identity}.key")
    refused_to_start(thief)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604])
def test_a_root_that_others_may_read(own, mode):
    own.server.stop()
    root = own.server.root_files()[0]
    assert stat.S_IMODE(root.stat().st_mode) & 0o077 == 0
    root.chmod(mode)
    said = refused_to_start(own.server)
    assert "mode" in said.lower() or "permission" in said.lower() or "chmod" in said.lower(), said
    root.chmod(0o600)
    own.server.start()


def test_a_root_key_file_of_ones_choice(make_server):
    server = make_server(start=False)
    root = server.folder / "elsewhere.key"
    server.flags = ("--root-key-file", str(root))
    key = administrator(server.start()).kms.create_key()["KeyMetadata"]
    assert root.exists() and stat.S_IMODE(root.stat().st_mode) & 0o077 == 0
    assert not server.root_files(), "no second root in the configuration folder"
    server.restart()
    assert administrator(server).kms.describe_key(KeyId=key["KeyId"])
    assert server.verify().returncode == 0


# --- health, shutdown -------------------------------------------------------------------------------


def test_health_is_unsigned_and_small(admin):
    answer = raw.send(admin, b"", {}, method="GET", path="/health")
    assert answer.status == 200 and len(answer.body) < 1024
    assert admin.account().encode() not in answer.body


def test_an_orderly_stop_answers_what_was_begun(own):
    """Clients write while SIGTERM comes: each acknowledged key is there afterwards, none is half there."""
    acknowledged, stop = [], threading.Event()

    def work(caller):
        while not stop.is_set():
            try:
                acknowledged.append(caller.kms.create_key()["KeyMetadata"]["KeyId"])
            except Exception:  # The server is going away: that is the point.
                return

    workers = [threading.Thread(target=work, args=(own.but(),)) for _ in range(4)]
    for worker in workers:
        worker.start()
    while len(acknowledged) < 20:
        time.sleep(0.05)
    assert own.server.stop() == 0, own.server.output()[-2000:]
    stop.set()
    for worker in workers:
        worker.join(timeout=40)
    own.server.start()
    listed = {k["KeyId"] for k in own.kms.get_paginator("list_keys").paginate().search("Keys[]")}
    assert set(acknowledged) <= listed
    for key in listed:
        assert own.kms.encrypt(KeyId=key, Plaintext=b"x")
    assert own.server.verify().returncode == 0


def test_sigint_stops_it_too(make_server):
    server = make_server()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(15) == 0


# --- trail verify: what it could not do ----------------------------------------------------------------


@pytest.mark.parametrize("what", ["missing", "empty", "a file"])
def test_verify_without_a_store(make_server, tmp_path, what):
    place = tmp_path / "place"
    if what == "empty":
        place.mkdir()
    elif what == "a file":
        place.write_text("x")
    done = make_server(start=False).run("trail", "verify", "--data-dir", str(place))
    assert done.returncode == 2 and done.stderr, done
    assert not (place / "kagiban.db").exists() and (what != "missing" or not place.exists()), "looking makes nothing"


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
    access_key, secret_key = server.credentials()
    assert secret_key not in done.stdout + done.stderr, "the secret is shown on a terminal at most"
    assert administrator(server.start()).sts.get_caller_identity()["Account"] == ACCOUNT
