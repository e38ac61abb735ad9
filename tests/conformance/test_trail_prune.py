"""How long the trail is kept: what is older than `trail_keep_days` is cut off, and what it said last still binds the rows."""

import contextlib
import pathlib
import re
import shutil
import sqlite3
import time

import pytest

from rig import clients
from rig.clients import administrator, clock_off_by, make_user
from rig.server import Server

DAY = 86_400
SETTLE_SECONDS_MAX = 90
BOTH = 100


class House:
    """An administrator of a server whose clock is moved by a file; calls are signed as its clock is."""

    def __init__(self, server: Server):
        self.server, self.days = server, 0
        self.admin = administrator(server)

    def names(self) -> list[str]:
        """The events that are found, by name."""
        with clock_off_by(self.days * DAY):
            pages = self.admin.cloudtrail.get_paginator("lookup_events").paginate()
            return [event["EventName"] for page in pages for event in page["Events"]]

    def at(self, call):
        with clock_off_by(self.days * DAY):
            return call(self.admin)

    def move_to(self, days: int) -> None:
        self.days = days
        (self.server.folder / "clock").write_text(f"{days * DAY}\n")
        deadline = time.monotonic() + 15
        while True:
            try:
                self.at(lambda own: own.kms.list_keys(Limit=1))
                return
            except clients.botocore.exceptions.ClientError:
                assert time.monotonic() < deadline, "the server does not follow its clock file"
                time.sleep(0.2)

    def first(self) -> int:
        """The first record that is there."""
        with contextlib.closing(sqlite3.connect(self.server.data / "kagiban.db", timeout=30)) as wire:
            sequence, marks = wire.execute("SELECT sequence, marks FROM trail ORDER BY sequence LIMIT 1").fetchone()
            return sequence - len(marks) // 52 + 1

    def until_cut(self, beyond: int) -> int:
        """Waits until all up to this record are gone."""
        deadline = time.monotonic() + SETTLE_SECONDS_MAX
        while (first := self.first()) <= beyond:
            assert time.monotonic() < deadline, f"the trail begins with {first}:\n{self.server.output()[-2000:]}"
            time.sleep(0.5)
        return first

    def last(self) -> int:
        with contextlib.closing(sqlite3.connect(self.server.data / "kagiban.db", timeout=30)) as wire:
            return wire.execute("SELECT max(sequence) FROM trail").fetchone()[0]


def begin(make_server, *flags: str) -> House:
    server = make_server(start=False)
    (server.folder / "clock").write_text("0\n")
    server.flags = ("--danger-clock-file", str(server.folder / "clock"), *flags)
    return House(server.start())


def intact(server: Server) -> str:
    done = server.verify()
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def broken(server: Server) -> str:
    done = server.verify()
    assert done.returncode == 1, f"expected 1, got {done.returncode}: {done.stdout}{done.stderr}"
    assert "panicked" not in done.stderr
    return done.stdout


@contextlib.contextmanager
def opened(folder: pathlib.Path):
    with contextlib.closing(sqlite3.connect(folder / "kagiban.db")) as wire:
        yield wire
        wire.commit()


def root_of(server: Server) -> bytes:
    with opened(server.data) as wire:
        return wire.execute("SELECT bytes FROM meta WHERE name = 'trail/cut'").fetchone()[0]


@pytest.fixture(scope="module")
def cut(workplace):
    """A stopped house: a key and a user of day 0, calls of day 100, and a trail that was cut between them; `cut.once` is a copy of then.
    A day later in the same way, at day 200, what was done at day 100 is cut too, and with it the record of the first cut."""
    server = Server(workplace / "cut")
    (server.folder / "clock").write_text("0\n")
    server.flags = ("--danger-clock-file", str(server.folder / "clock"))
    house = House(server.start())
    house.key = house.admin.kms.create_key()["KeyMetadata"]["KeyId"]
    house.blob = house.admin.kms.encrypt(KeyId=house.key, Plaintext=b"of day 0")["CiphertextBlob"]
    doomed = house.admin.kms.create_key()["KeyMetadata"]["KeyId"]
    house.admin.kms.schedule_key_deletion(KeyId=doomed, PendingWindowInDays=7)
    make_user(house.admin, stem="old")
    for _ in range(30):
        house.admin.kms.encrypt(KeyId=house.key, Plaintext=b"x")
    house.before = intact(server)
    assert "cut off" not in house.before
    assert "CreateKey" in until(house, lambda names: "CreateUser" in names)
    time.sleep(6)  # until the head that is kept apart names all of it
    house.day_0 = house.last()
    house.move_to(100)
    house.at(lambda own: own.kms.create_key(Description="of day 100"))
    house.until_cut(house.day_0)
    house.names_at_100 = until(house, lambda names: "PruneTrail" in names and "CreateKey" in names)
    house.told_at_100 = intact(server)
    assert server.stop() == 0
    house.once = server.copy(workplace / "cut-once", home=True)
    server.start()
    house.at(lambda own: own.kms.create_key(Description="still of day 100"))
    time.sleep(6)
    house.day_100 = house.last()
    house.move_to(200)
    house.at(lambda own: own.kms.encrypt(KeyId=house.key, Plaintext=b"x"))
    house.until_cut(house.day_100)
    house.names_at_200 = until(house, lambda names: "PruneTrail" in names)
    house.plaintext = house.at(lambda own: own.kms.decrypt(CiphertextBlob=house.blob)["Plaintext"])
    assert server.stop() == 0
    yield house
    server.stop()


def until(house: House, found) -> list[str]:
    deadline = time.monotonic() + 30
    while not found(names := house.names()):
        assert time.monotonic() < deadline, names
        time.sleep(0.5)
    return names


@pytest.fixture
def copy(cut, tmp_path):
    """A copy of the house to meddle with."""
    return cut.server.copy(tmp_path / "copy", home=True)


def test_what_is_old_is_gone_and_what_is_young_is_found(cut):
    names = cut.names_at_100
    assert names.count("CreateKey") == 1 and "CreateUser" not in names and "ScheduleKeyDeletion" not in names, names
    assert "Decrypt" not in names and "PruneTrail" in names
    assert cut.names_at_200.count("PruneTrail") == 1 and "CreateKey" not in cut.names_at_200, cut.names_at_200


def test_the_trail_is_intact_before_and_after(cut):
    uses = lambda text: int(re.search(r"(\d+) uses of keys and 0 more", text).group(1))  # noqa: E731
    assert "were cut off" in cut.told_at_100
    told = intact(cut.server)
    assert uses(cut.before) <= uses(cut.told_at_100) <= uses(told) - 2, "what was cut is counted on"
    assert cut.plaintext == b"of day 0"


def test_keys_of_before_the_cut_are_still_looked_after(copy, cut):
    """The word on each old row has gone with the record of the cut, and with that of the next one."""
    with opened(copy.data) as wire:
        rows = wire.execute("SELECT space, key, revision FROM rows WHERE space = 'kms/keys'").fetchall()
        assert len(rows) >= 3
        for space, key, revision in rows:
            wire.execute("UPDATE rows SET revision = ? WHERE space = ? AND key = ?", (revision + 1, space, key))
    assert broken(copy).count("of kms/keys has another revision") == len(rows)


@pytest.mark.parametrize("space", ["iam/users", "iam/access-keys", "kms/keys"])
def test_a_row_of_before_the_cut_that_is_taken_away(copy, space):
    with opened(copy.data) as wire:
        (key,) = wire.execute("SELECT min(key) FROM rows WHERE space = ?", (space,)).fetchone()
        wire.execute("DELETE FROM rows WHERE space = ? AND key = ?", (space, key))
    assert f"of {space} is missing" in broken(copy)


@pytest.mark.parametrize("place", [7, 20, 47, 60])
def test_a_forged_root(copy, place):
    forged = bytearray(root_of(copy))
    forged[place] ^= 1
    with opened(copy.data) as wire:
        wire.execute("UPDATE meta SET bytes = ? WHERE name = 'trail/cut'", (bytes(forged),))
    assert "signature of the place up to which the trail was cut" in broken(copy)


def test_a_root_that_is_missing_or_an_older_one(copy, cut):
    older = root_of(cut.once)
    with opened(copy.data) as wire:
        wire.execute("UPDATE meta SET bytes = ? WHERE name = 'trail/cut'", (older,))
    assert "the event is missing" in broken(copy)
    with opened(copy.data) as wire:
        wire.execute("DELETE FROM meta WHERE name = 'trail/cut'")
    assert "the event is missing" in broken(copy)


def test_a_root_that_is_too_late(cut, tmp_path):
    """A root that the house has signed, later: nothing on this trail says what stood before it."""
    copy = cut.once.copy(tmp_path / "copy", home=True)
    intact(copy)
    with opened(copy.data) as wire:
        wire.execute("UPDATE meta SET bytes = ? WHERE name = 'trail/cut'", (root_of(cut.server),))
    assert broken(copy)


def test_more_than_was_cut_is_gone(copy):
    with opened(copy.data) as wire:
        assert wire.execute("DELETE FROM trail WHERE sequence = (SELECT min(sequence) FROM trail)").rowcount == 1
    assert "the event is missing" in broken(copy)


def test_a_head_kept_apart_that_is_older_than_the_cut(copy, cut):
    shutil.copyfile(cut.once.data / "trail.head", copy.data / "trail.head")
    assert "which was cut off" in intact(copy)
    copy.start()
    assert "it is an old copy" in copy.output()
    assert copy.stop() == 0
    assert "which was cut off" not in intact(copy)


def test_a_start_without_the_head_goes_on_with_the_uses_of_keys(copy, cut):
    (copy.data / "trail.head").unlink()
    shutil.copyfile(cut.server.credentials_file, copy.credentials_file)
    house = House(copy.start())
    house.days = 200
    house.at(lambda own: own.kms.encrypt(KeyId=cut.key, Plaintext=b"x"))
    assert copy.stop() == 0
    intact(copy)


def test_a_backup_of_a_trail_that_was_cut(cut, tmp_path, make_server):
    server = cut.server
    done = server.run("backup", str(tmp_path / "b"), "--data-dir", str(server.data))
    assert done.returncode == 0, done.stdout + done.stderr
    other = make_server("elsewhere", start=False)
    shutil.copytree(server.home, other.home, dirs_exist_ok=True)
    shutil.copyfile(server.credentials_file, other.credentials_file)
    done = other.run("restore", str(tmp_path / "b"), "--data-dir", str(other.data))
    assert done.returncode == 0 and "were cut off" in done.stdout, done.stdout + done.stderr
    (other.folder / "clock").write_text(f"{200 * DAY}\n")
    other.flags = ("--danger-clock-file", str(other.folder / "clock"))
    house = House(other.start())
    house.days = 200
    assert house.at(lambda own: own.kms.decrypt(CiphertextBlob=cut.blob)["Plaintext"]) == b"of day 0"
    assert other.stop() == 0
    intact(other)


def test_for_ever_and_for_as_long_as_is_asked(make_server):
    """Nothing goes where 0 is asked for, nor where all is younger than asked."""
    houses = [begin(make_server, "--trail-keep-days", "0"), begin(make_server, "--trail-keep-days", "150")]
    for house in houses:
        house.admin.kms.create_key()
    time.sleep(6)
    for house in houses:
        house.move_to(BOTH)
        house.at(lambda own: own.kms.create_key())
    time.sleep(12)  # two of its rounds
    assert [house.first() for house in houses] == [1, 1]
    for house in houses:
        assert "cut off" not in intact(house.server)
        assert house.server.stop() == 0
