"""`kagiban trail verify`: 0 when intact, running or stopped; 1 when anything was changed; 2 when it could not run."""

import contextlib
import pathlib
import re
import sqlite3
import threading

import pytest

from rig.clients import administrator, make_user, policy, statement
from rig.server import NotStarted, Server


@pytest.fixture
def told(make_server) -> Server:
    """A stopped house with some events on its trail."""
    own = administrator(make_server("told"))
    key = own.kms.create_key()["KeyMetadata"]
    for _ in range(20):
        own.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    make_user(own)
    assert own.server.stop() == 0
    return own.server


def database(server: Server) -> pathlib.Path:
    """The SQLite file of the house."""
    found = [p for p in server.data.rglob("*") if p.is_file() and p.read_bytes()[:16] == b"SQLite format 3\0"]
    assert len(found) == 1, found
    return found[0]


@contextlib.contextmanager
def opened(server: Server):
    wire = sqlite3.connect(database(server))
    try:
        yield wire
        wire.commit()
    finally:
        wire.close()


def test_an_intact_trail(told):
    for _ in range(2):
        done = told.verify()
        assert done.returncode == 0, done.stdout + done.stderr
    told.start()
    assert told.verify().returncode == 0, "on a running store too"


def test_verify_takes_the_root_by_its_file(told):
    done = told.run("trail", "verify", "--data-dir", str(told.data), "--root-key-file", str(told.root_files()[0]))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        told.run("trail", "verify", "--data-dir", str(told.data), "--root-key-file", "/nonexistent/root.key").returncode
        == 2
    )


def test_verify_without_a_data_directory(told):
    done = told.run("trail", "verify")
    assert done.returncode == 2 and "kagiban-data" in done.stderr, "it looks where `serve` would"


@pytest.mark.parametrize("column", ["marks", "bytes"])
@pytest.mark.parametrize("where", [0.1, 0.5, 0.9])
def test_a_flipped_byte(told, column, where):
    with opened(told) as wire:
        rows = wire.execute(f"SELECT sequence, {column} FROM trail ORDER BY sequence").fetchall()
        sequence, value = rows[int(len(rows) * where)]
        changed = bytearray(value)
        changed[len(changed) // 2] ^= 1
        wire.execute(f"UPDATE trail SET {column}=? WHERE sequence=?", (bytes(changed), sequence))
    broken(told)


def test_a_flipped_byte_in_the_file(told):
    with opened(told) as wire:
        (value,) = wire.execute("SELECT bytes FROM trail ORDER BY sequence DESC LIMIT 1 OFFSET 3").fetchone()
        wire.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = database(told)
    content = bytearray(path.read_bytes())
    at = content.find(value[:200])
    assert at > 0, "the record lies in one piece in the file"
    content[at + min(len(value), 200) // 2] ^= 0x10
    path.write_bytes(content)
    broken(told)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM trail WHERE sequence IN (SELECT sequence FROM trail ORDER BY sequence LIMIT 1 OFFSET 5)",
        "DELETE FROM trail WHERE sequence IN (SELECT sequence FROM trail ORDER BY sequence LIMIT 1)",
        "DELETE FROM trail WHERE sequence IN (SELECT sequence FROM trail ORDER BY sequence DESC LIMIT 1)",
        "DELETE FROM trail WHERE sequence IN (SELECT sequence FROM trail ORDER BY sequence DESC LIMIT 3)",
        "DELETE FROM trail",
        "UPDATE trail SET sequence = sequence + 1000 WHERE sequence = (SELECT max(sequence) FROM trail)",
        "INSERT INTO trail SELECT max(sequence) + 1, marks, bytes FROM trail",
        "DELETE FROM meta WHERE name = 'trail/head'",
    ],
    ids=["one", "first", "last", "tail", "all", "moved", "added", "head"],
)
def test_records_taken_out_or_added(told, change):
    with opened(told) as wire:
        assert wire.execute(change).rowcount > 0
    broken(told)


def test_two_records_exchanged(told):
    with opened(told) as wire:
        two = wire.execute("SELECT sequence, marks, bytes FROM trail ORDER BY sequence LIMIT 2 OFFSET 4").fetchall()
        for (sequence, *_), (_, *others) in zip(two, reversed(two), strict=True):
            wire.execute("UPDATE trail SET marks=?, bytes=? WHERE sequence=?", (*others, sequence))
    broken(told)


def test_the_tail_cut_off_with_its_head(told, make_server):
    """An older copy of the whole database is put back: the head that is kept apart from the log does not agree."""
    old = database(told).read_bytes()
    told.start()
    administrator(told).kms.create_key()
    assert told.stop() == 0
    for leftover in database(told).parent.glob(database(told).name + "-*"):
        leftover.unlink()
    database(told).write_bytes(old)
    broken(told)


# --- the head that is kept apart -------------------------------------------------------------------


@pytest.mark.parametrize("how", ["a flipped bit", "cut short", "empty", "of another house"])
def test_a_head_that_is_not_this_houses(told, make_server, how):
    file = told.data / "trail.head"
    content = bytearray(file.read_bytes())
    match how:
        case "a flipped bit":
            content[60] ^= 1
        case "cut short":
            content = content[:-1]
        case "empty":
            content = b""
        case "of another house":
            other = make_server("other")
            other.stop()
            content = (other.data / "trail.head").read_bytes()
    file.write_bytes(content)
    assert "trail.head" in broken(told)
    with pytest.raises(NotStarted) as error:
        told.start()
    assert error.value.code == 2 and "trail verify" in error.value.output


def test_a_head_that_is_not_there_is_told(told):
    (told.data / "trail.head").unlink()
    done = told.verify()
    assert done.returncode == 0 and "no head is kept apart" in done.stdout, done
    told.start()
    assert "no head of the trail was kept apart" in told.output()


# --- the rows, against what the records say --------------------------------------------------------


def rows(wire) -> list[tuple]:
    return wire.execute("SELECT space, key, revision, format, bytes FROM rows").fetchall()


def test_an_older_row_is_put_back(told):
    """The bytes open, for they were this row's once; only the trail knows that they are not its last."""
    with opened(told) as wire:
        before = {(space, key): others for space, key, *others in rows(wire)}
    own = administrator(told.start())
    user = own.iam.list_users()["Users"][-1]["UserName"]
    own.iam.put_user_policy(UserName=user, PolicyName="deny", PolicyDocument=policy(statement("Deny", "*")))
    own.server.stop()
    assert told.verify().returncode == 0
    with opened(told) as wire:
        changed = [(r[0], r[1]) for r in rows(wire) if (r[0], r[1]) in before and list(r[2:]) != before[r[0], r[1]]]
        users = [place for place in changed if place[0] == "iam/users"]
        assert len(users) == 1, changed
        back = (*before[users[0]], *users[0])
        wire.execute("UPDATE rows SET revision=?, format=?, bytes=? WHERE space=? AND key=?", back)
    assert "row" in broken(told) and "iam/users" in broken(told)
    # On a running store too.
    told.start()
    assert "iam/users" in broken(told)


@pytest.mark.parametrize(
    "space, change",
    [
        ("kms/keys", "DELETE FROM rows WHERE space = :space AND key = :key"),
        ("iam/users", "UPDATE rows SET revision = revision + 1 WHERE space = :space AND key = :key"),
        (
            "iam/access-keys",
            "INSERT INTO rows SELECT space, CAST(key || x'00' AS BLOB), revision, format, bytes FROM rows"
            " WHERE space = :space AND key = :key",
        ),
    ],
    ids=["deleted", "changed", "added"],
)
def test_a_row_changed_without_a_record(told, space, change):
    with opened(told) as wire:
        (key,) = wire.execute("SELECT min(key) FROM rows WHERE space = ?", (space,)).fetchone()
        assert wire.execute(change, {"space": space, "key": key}).rowcount == 1
    assert f"of {space} " in broken(told)


def test_many_rows_are_not_all_named(told):
    with opened(told) as wire:
        wire.execute("UPDATE rows SET revision = revision + 1")
    said = broken(told)
    assert said.count("\n") < 30, said


def test_rows_and_records_agree_while_others_write(own):
    """One moment is looked at: what is written meanwhile is no break."""
    stop = threading.Event()

    def write(caller):
        while not stop.is_set():
            key = caller.kms.create_key()["KeyMetadata"]["KeyId"]
            caller.kms.encrypt(KeyId=key, Plaintext=b"x")
            caller.kms.disable_key(KeyId=key)

    writers = [threading.Thread(target=write, args=(own.but(),)) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(5):
            done = own.server.verify()
            assert done.returncode == 0, done.stdout + done.stderr
    finally:
        stop.set()
        for writer in writers:
            writer.join(30)


def test_the_uses_of_keys_go_on_from_the_last_one_after_a_crash(own):
    """`trail.head` is some seconds old when the program is killed: the chain of uses must not give numbers twice."""
    key = own.kms.create_key()["KeyMetadata"]["KeyId"]
    for _ in range(3):
        for _ in range(10):
            own.kms.encrypt(KeyId=key, Plaintext=b"x")
        own.server.kill()
        own.server.start()
    own.kms.encrypt(KeyId=key, Plaintext=b"x")
    own.server.stop()
    done = own.server.verify()
    assert done.returncode == 0, done.stdout
    uses, unrecorded = map(int, re.search(r"(\d+) uses of keys and (\d+) more", done.stdout).groups())
    assert uses >= 32 and unrecorded == 0, done.stdout


def broken(server: Server) -> str:
    done = server.verify()
    assert done.returncode == 1, f"expected 1, got {done.returncode}: {done.stdout}{done.stderr}"
    assert done.stdout.strip(), "the first bad record is named on stdout"
    assert "panicked" not in done.stderr
    return done.stdout
