"""The program: restart, the root that lies apart (K-20), modes, configuration, health, shutdown, exit codes."""

import contextlib
import json
import pathlib
import re
import resource
import shutil
import signal
import socket
import sqlite3
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


def test_a_house_sealed_the_other_way_says_so(make_server):
    server = make_server(start=False)
    phrase = server.folder / "phrase"
    phrase.write_text("correct horse battery staple\n")
    phrase.chmod(0o600)
    server.flags = ("--root-passphrase-file", str(phrase))
    server.start()
    server.stop()
    server.flags = ()
    said = refused_to_start(server)
    assert "--root-passphrase-file" in said and "passphrase" in said, said
    verdict = server.verify()
    assert verdict.returncode == 2 and "--root-passphrase-file" in verdict.stderr, verdict
    assert server.verify("--root-passphrase-file", str(phrase)).returncode == 0

    keyed = make_server("keyed")
    keyed.stop()
    for file in (phrase, server.folder / "no such file"):
        keyed.flags = ("--root-passphrase-file", str(file))
        said = refused_to_start(keyed)
        assert "key file" in said and "--root-key-file" in said, said


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


def test_the_head_that_is_kept_apart_is_written_last(own):
    """The events of requests that were answered during the shutdown too are behind what `trail.head` names."""
    for _ in range(3):
        own.kms.create_key()
    assert own.server.stop() == 0
    with contextlib.closing(sqlite3.connect(own.server.data / "kagiban.db")) as wire:
        (last,) = wire.execute("SELECT max(sequence) FROM trail").fetchone()
    assert int.from_bytes((own.server.data / "trail.head").read_bytes()[:8], "big") == last


def test_a_second_signal_ends_it_at_once(own):
    """A request that is still coming in holds the end up; who says it twice does not wait."""
    with socket.create_connection(("127.0.0.1", own.server.port)) as wire:
        wire.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"x" * 50000)
        time.sleep(0.3)
        own.server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert own.server.process.poll() is None, "the first signal waits for what was begun"
        own.server.process.send_signal(signal.SIGTERM)
        assert own.server.process.wait(3) == 128 + signal.SIGTERM
    own.server.start()
    assert own.server.verify().returncode == 0


def test_a_request_that_was_begun_is_answered(own):
    """SIGTERM comes between head and body."""
    body = b'{"KeyId":"alias/none"}'
    headers = {"X-Amz-Target": "TrentService.DescribeKey", "Content-Type": raw.JSON_11}
    signed = raw.sign(own, "kms", body, headers) | {"Host": f"127.0.0.1:{own.server.port}"}
    head = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    with socket.create_connection(("127.0.0.1", own.server.port), timeout=10) as wire:
        wire.sendall(f"POST / HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5])
        time.sleep(0.3)
        own.server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        wire.sendall(body[5:])
        assert b"NotFoundException" in wire.recv(65536)
    assert own.server.process.wait(10) == 0


def test_sigint_stops_it_too(make_server):
    server = make_server()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(15) == 0


def test_deletions_that_hold_are_told(make_server):
    """The clock starts a month behind and is put right: a jump, after which nothing is destroyed until a restart."""
    server = make_server(start=False)
    clock = server.folder / "clock"
    clock.write_text(str(-30 * 24 * 3600))
    server.flags = ("--danger-clock-file", str(clock))
    server.start()
    ask = lambda: json.loads(raw.send(administrator(server), b"", {}, method="GET", path="/health").body)  # noqa: E731
    assert ask() == {"status": "ok"}, "an offset that is there from the start is no jump"
    clock.write_text("0")
    deadline = time.monotonic() + 10
    while ask() == {"status": "ok"} and time.monotonic() < deadline:
        time.sleep(0.2)
    assert ask() == {"status": "ok", "deletions": "held"}
    assert server.output().count("the wall clock has jumped") == 1
    server.restart()
    assert ask() == {"status": "ok"}, "a restart releases it"


def test_a_clock_file_that_cannot_be_read_is_no_clock(make_server):
    server = make_server(start=False)
    server.flags = ("--danger-clock-file", str(server.folder))
    with pytest.raises(NotStarted):
        server.start()
    assert f"`{server.folder}` cannot be read" in server.output()
    assert not (server.data / "kagiban.db").exists()


def test_a_variable_that_is_none_of_a_setting_is_told_at_the_start(make_server, monkeypatch):
    server = make_server(start=False)
    environment = server.environment | {"KAGIBAN_REGOIN": "eu-west-1"}
    monkeypatch.setattr(Server, "environment", property(lambda _: environment))
    server.start()
    assert "the variable `KAGIBAN_REGOIN` is none of a setting" in server.output()


def test_a_house_that_was_off_for_long_has_its_clock_accepted(make_server):
    """The clock may have jumped while nobody looked. Who has looked says so, once, and it stands on the trail."""
    server = make_server(start=False)
    clock = server.folder / "clock"
    clock.write_text(str(-20 * 24 * 3600))
    for flags, told in [
        (("--danger-clock-file", str(clock)), None),
        ((), "held"),
        ((), "held"),
        (("--danger-accept-clock",), None),
        ((), None),
    ]:
        server.flags = flags
        server.start()
        answer = json.loads(raw.send(administrator(server), b"", {}, method="GET", path="/health").body)
        assert answer.get("deletions") == told, flags
        time.sleep(1.5)  # Within a second of the start, a clock that is believed is noted.
        server.stop()
    assert "danger: the clock is accepted as it is" in server.output()


@pytest.mark.skipif(not pathlib.Path("/proc/self/limits").exists(), reason="no /proc")
def test_no_memory_reaches_a_file(own):
    folder = pathlib.Path(f"/proc/{own.server.process.pid}")
    limits = (folder / "limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits), limits
    # Files of a process that is not dumpable belong to root, whoever started it.
    assert (folder / "mem").stat().st_uid == 0
    core = resource.prlimit(own.server.process.pid, resource.RLIMIT_CORE)
    assert core == (0, 0)


def test_the_log_of_a_program_without_a_terminal_has_no_colours(own):
    assert "\x1b[" not in own.server.output()


# --- configuration -------------------------------------------------------------------------------------


def test_flags_win_over_the_environment_and_both_over_the_file(make_server):
    server = make_server(start=False)
    toml = server.folder / "kagiban.toml"
    toml.write_text(
        f'data_dir = "{server.data}"\nroot_key_file = "{server.folder}/toml.key"\naccount_id = "999988887777"\n'
    )
    server.flags = ("--config", str(toml))
    server.start()
    assert (server.folder / "toml.key").exists() and administrator(server).account() == ACCOUNT
    assert server.run("trail", "verify", "--config", str(toml)).returncode == 0
    # The other kind of root in a stronger place is chosen, and is the wrong one for this house.
    phrase = server.folder / "phrase"
    phrase.write_text("correct horse battery staple")
    phrase.chmod(0o600)
    done = server.run("trail", "verify", "--config", str(toml), "--root-passphrase-file", str(phrase))
    assert done.returncode == 2 and "key file" in done.stderr, done


def test_a_name_is_no_address_to_listen_on(make_server):
    done = make_server(start=False).run("serve", "--listen", "localhost:4566")
    assert done.returncode == 2 and "IP address" in done.stderr, done


# --- the data directory ------------------------------------------------------------------------------


def test_an_open_data_directory_is_closed(make_server):
    server = make_server(start=False)
    server.data.mkdir(mode=0o755)
    server.data.chmod(0o755)
    server.start()
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    server.stop()
    server.data.chmod(0o770)
    server.start()
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert "0700" in server.output(), "it says what it has changed"


def test_an_open_folder_with_other_things_in_it_is_left_alone(make_server):
    server = make_server(start=False)
    server.data.mkdir()
    server.data.chmod(0o755)
    (server.data / "letter.txt").write_text("not a house's")
    said = refused_to_start(server)
    assert "chmod 700" in said and stat.S_IMODE(server.data.stat().st_mode) == 0o755
    assert [p.name for p in server.data.iterdir()] == ["letter.txt"]


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
