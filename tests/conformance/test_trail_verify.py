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


def trail_table(wire: sqlite3.Connection) -> tuple[str, str]:
    """The table that holds the events, and its widest column of bytes."""
    tables = [
        n for (n,) in wire.execute("SELECT name FROM sqlite_master WHERE type='table'") if "event" in n or "trail" in n
    ]
    sizes = {}
    for table in tables:
        for column in [c[1] for c in wire.execute(f'PRAGMA table_info("{table}")')]:
            (size,) = wire.execute(
                f'SELECT coalesce(sum(length("{column}")),0) FROM "{table}" WHERE typeof("{column}")=\'blob\''
            ).fetchone()
            sizes[table, column] = size
    assert sizes, "no table of the store is called after the trail or its events"
    return max(sizes, key=lambda k: sizes[k])


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


@pytest.mark.parametrize("where", [0.1, 0.5, 0.9])
def test_a_flipped_byte(told, where):
    with opened(told) as wire:
        table, column = trail_table(wire)
        rows = wire.execute(
            f'SELECT rowid, "{column}" FROM "{table}" WHERE typeof("{column}")=\'blob\' ORDER BY rowid'
        ).fetchall()
        rowid, value = rows[int(len(rows) * where)]
        changed = bytearray(value)
        changed[len(changed) // 2] ^= 1
        wire.execute(f'UPDATE "{table}" SET "{column}"=? WHERE rowid=?', (bytes(changed), rowid))
    broken(told)


def test_a_flipped_byte_in_the_file(told):
    with opened(told) as wire:
        table, column = trail_table(wire)
        value = wire.execute(f'SELECT "{column}" FROM "{table}" ORDER BY rowid DESC LIMIT 1 OFFSET 3').fetchone()[0]
        wire.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = database(told)
    content = bytearray(path.read_bytes())
    at = content.find(bytes(value[:200]))
    assert at > 0, "the record lies in one piece in the file"
    content[at + min(len(value), 200) // 2] ^= 0x10
    path.write_bytes(content)
    broken(told)


def test_a_record_taken_out(told):
    with opened(told) as wire:
        table, _ = trail_table(wire)
        wire.execute(
            f'DELETE FROM "{table}" WHERE rowid IN (SELECT rowid FROM "{table}" ORDER BY rowid LIMIT 1 OFFSET 5)'
        )
    broken(told)


def test_the_tail_cut_off(told):
    with opened(told) as wire:
        table, _ = trail_table(wire)
        wire.execute(f'DELETE FROM "{table}" WHERE rowid IN (SELECT rowid FROM "{table}" ORDER BY rowid DESC LIMIT 3)')
    broken(told)


def test_two_records_exchanged(told):
    with opened(told) as wire:
        table, column = trail_table(wire)
        (a, va), (b, vb) = wire.execute(
            f'SELECT rowid, "{column}" FROM "{table}" ORDER BY rowid LIMIT 2 OFFSET 4'
        ).fetchall()
        wire.execute(f'UPDATE "{table}" SET "{column}"=? WHERE rowid=?', (vb, a))
        wire.execute(f'UPDATE "{table}" SET "{column}"=? WHERE rowid=?', (va, b))
    broken(told)


def test_the_whole_trail_gone(told):
    with opened(told) as wire:
        table, _ = trail_table(wire)
        wire.execute(f'DELETE FROM "{table}"')
    broken(told)


def broken(server: Server) -> None:
    done = server.verify()
    assert done.returncode == 1, f"expected 1, got {done.returncode}: {done.stdout}{done.stderr}"
    assert done.stdout.strip(), "the first bad record is named on stdout"
    assert "panicked" not in done.stderr
