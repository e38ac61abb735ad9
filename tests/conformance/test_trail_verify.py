"""`kagiban trail verify`: 0 when intact, running or stopped; 1 when anything was changed; 2 when it could not run."""

import contextlib
import pathlib
import sqlite3

import pytest

from rig.clients import administrator, make_user
from rig.server import Server


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


def test_verify_needs_a_data_dir(told):
    assert told.run("trail", "verify").returncode == 2


@pytest.mark.parametrize("column", ["id", "link", "bytes"])
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
        "INSERT INTO trail SELECT max(sequence) + 1, id, link, bytes FROM trail",
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
        two = wire.execute("SELECT sequence, id, link, bytes FROM trail ORDER BY sequence LIMIT 2 OFFSET 4").fetchall()
        for (sequence, *_), (_, *others) in zip(two, reversed(two), strict=True):
            wire.execute("UPDATE trail SET id=?, link=?, bytes=? WHERE sequence=?", (*others, sequence))
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


def broken(server: Server) -> None:
    done = server.verify()
    assert done.returncode == 1, f"expected 1, got {done.returncode}: {done.stdout}{done.stderr}"
    assert done.stdout.strip(), "the first bad record is named on stdout"
    assert "panicked" not in done.stderr
