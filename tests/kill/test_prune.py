"""`trail_keep_days` and `kill -9`: between the telling of a cut and the cut itself, in the middle of either, and after both.

Whatever is left verifies, and the next start comes to the cut."""

import contextlib
import json
import pathlib
import random
import sqlite3
import subprocess
import time

import pytest

from rig.clients import administrator, clock_off_by
from rig.server import ROOT, Server, free_port

# Each is a record that goes, and two rows whose last words stay.
KEYS = 1_500
DAYS_AHEAD = 100
KILLS = 12
# The first kill comes as soon as the telling is seen; from one to the next it comes later by so much.
LATER_SECONDS = 0.02
SECONDS_MAX = 60


@pytest.fixture
def due(folder) -> Server:
    """A stopped house with many records that are too old by its clock."""
    server = Server(folder / "due")
    fill = [ROOT / "target/ci/fill", str(KEYS), "--data-dir", server.data, "--credentials-file", server.credentials_file]
    account = {"KAGIBAN_ACCOUNT_ID": "111122223333"}
    subprocess.run(fill, env=server.environment | account, check=True, timeout=SECONDS_MAX, capture_output=True)
    (server.folder / "clock").write_text(f"{DAYS_AHEAD * 86_400}\n")
    server.flags = ("--danger-clock-file", str(server.folder / "clock"))
    return server


def test_a_kill_between_the_telling_and_the_cut_leaves_a_trail_that_verifies_and_is_cut(due, folder):
    told = {1: 0, 2: 0}
    dice = random.Random(7)
    for number in range(KILLS):
        house = due.copy(folder / f"house-{number}", home=True)
        house.credentials_file.write_bytes(due.credentials_file.read_bytes())
        kill_when_told(house, number * LATER_SECONDS * dice.random())
        sound(house)
        house.start()
        until_cut(house)
        with clock_off_by(DAYS_AHEAD * 86_400):
            own = administrator(house)
            key = own.kms.list_keys(Limit=1)["Keys"][0]["KeyId"]
            assert own.kms.decrypt(CiphertextBlob=own.kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"])
            told[tellings(own)] += 1
        assert house.stop() == 0
        assert "were cut off" in sound(house)
    # What was told and not done is told again, and what was done is not.
    print(f"{KILLS} kills about a cut: {told[2]} between the telling and the cut, {told[1]} when it was done")
    assert told[2] > 0


def kill_when_told(house: Server, later: float) -> None:
    """Starts the house, and kills it when the record of the cut is there, or a little later."""
    with contextlib.closing(looking(house.data)) as wire:
        (before, first), house.port = ends(wire), free_port()
        house.process = subprocess.Popen(
            house.command(), env=house.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + SECONDS_MAX
        # The start is a record of its own; what comes next tells of the cut. A cut that is not told of would be met as well.
        while (now := ends(wire))[0] < before + 2 and now[1] == first:
            assert time.monotonic() < deadline and house.process.poll() is None
        time.sleep(later)
        house.kill()


def tellings(own) -> int:
    """How often the trail was told of a cut, or began to be: as soon as a later record is found, all are."""

    def found(name: str) -> list[dict]:
        sought = [{"AttributeKey": "EventName", "AttributeValue": name}]
        return own.cloudtrail.lookup_events(LookupAttributes=sought)["Events"]

    deadline = time.monotonic() + SECONDS_MAX
    while not found("Decrypt"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    details = [json.loads(event["CloudTrailEvent"])["serviceEventDetails"] for event in found("PruneTrail")]
    return sum(one["part"].startswith("1 of ") for one in details)


def looking(folder: pathlib.Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{folder / 'kagiban.db'}?mode=ro", uri=True, timeout=SECONDS_MAX)


def ends(wire: sqlite3.Connection) -> tuple[int, int]:
    """Where the last record stands, and those that are kept with the first."""
    return wire.execute("SELECT max(sequence), min(sequence) FROM trail").fetchone()


def until_cut(house: Server) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    with contextlib.closing(looking(house.data)) as wire:
        while ends(wire)[1] <= KEYS:
            assert time.monotonic() < deadline, house.output()[-2000:]
            time.sleep(0.1)


def sound(house: Server) -> str:
    done = house.verify()
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
