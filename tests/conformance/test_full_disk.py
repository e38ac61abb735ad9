"""T11, a full disk: nothing is answered that is not recorded, and the house comes back by itself when there is space."""

import http.client
import json
import os
import pathlib
import subprocess
import tempfile
import time

import pytest

from rig import raw
from rig.clients import administrator
from test_cloudtrail import lookup, wait_for

DISK = "48m"
LEFT_BYTES = 256 << 10
CALLS_MAX = 5_000
RECOVERY_SECONDS_MAX = 5


@pytest.fixture
def small_disk(workplace):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="disk-", dir=workplace))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def free_bytes(folder: pathlib.Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def until(seconds: float, condition) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def fill(disk: pathlib.Path, left: int) -> pathlib.Path:
    filler = disk / "filler"
    with filler.open("ab") as file:
        file.write(b"x" * max(0, free_bytes(disk) - left))
    return filler


def encrypt(caller, key: str) -> raw.Answer | None:
    """The answer; None where the connection was closed without one."""
    try:
        return raw.send_json(caller, "Encrypt", {"KeyId": key, "Plaintext": "eA==", "EncryptionContext": {"a": "b" * 2000}})
    except (http.client.RemoteDisconnected, ConnectionResetError):
        return None


def test_t11_a_full_disk_stops_the_answers_and_not_the_house(small_disk, make_server):
    server = make_server("full", start=False)
    server.data = small_disk / "data"
    admin = administrator(server.start())
    key = admin.kms.create_key()["KeyMetadata"]["KeyId"]
    ballast = server.data / "ballast"
    assert ballast.stat().st_blocks * 512 >= 16 << 20

    filler = fill(small_disk, LEFT_BYTES)
    answered = []
    while (answer := encrypt(admin, key)) is not None and len(answered) < CALLS_MAX:
        assert answer.status == 200, answer.text
        answered.append(answer.request_id)
    assert 0 < len(answered) < CALLS_MAX, "the disk is full"
    assert not ballast.exists(), "what was kept back was thrown off"
    assert until(3, lambda: "the disk is full" in server.output())
    assert server.process.poll() is None and server.health() == 503
    told = {found["check"]: found for found in json.loads(server.run("doctor", "--json", *server.command()[2:]).stdout)["findings"]}
    assert told["disk-space"]["level"] == "problem" and "the disk is full" in told["disk-space"]["what"]
    assert told["file-system"]["level"] == "warning" and "tmpfs" in told["file-system"]["what"]
    for _ in range(20):
        assert encrypt(admin, key) is None, "no record, no answer"
    assert server.verify().returncode == 0, server.verify().stdout

    # Somebody takes what was thrown off, too.
    fill(small_disk, LEFT_BYTES)
    assert encrypt(admin, key) is None and server.health() == 503

    # It ends in order, and starts, on a disk that is still full.
    with filler.open("r+b") as file:
        file.truncate(filler.stat().st_size - (4 << 20))
    assert server.stop() == 0, server.output()[-2000:]
    server.wait_ready = lambda begin: until(10, lambda: server.health() is not None or server.process.poll() is not None)
    server.start()
    assert server.process.poll() is None and server.health() == 503, server.output()[-2000:]
    assert encrypt(admin, key) is None

    filler.unlink()
    assert until(RECOVERY_SECONDS_MAX, lambda: server.health() == 200), server.output()[-2000:]
    assert encrypt(admin, key).status == 200
    assert ballast.exists() and "there is space on the disk again" in server.output()
    assert server.verify().returncode == 0, server.verify().stdout
    for name in ("DiskFull", "DiskHasRoom"):
        assert wait_for(lambda name=name: lookup(admin, "EventName", name)), name
    recorded = "".join(event["CloudTrailEvent"] for event in lookup(admin, "EventName", "Encrypt"))
    assert [request_id for request_id in answered if request_id not in recorded] == [], "each answer has its record"


def test_t11_a_house_that_was_killed_on_a_full_disk_starts(small_disk, make_server):
    server = make_server("full", start=False)
    server.data = small_disk / "data"
    admin = administrator(server.start())
    key = admin.kms.create_key()["KeyMetadata"]["KeyId"]
    server.kill()
    # Full to the last byte, with the ballast still there.
    filler = fill(small_disk, 0)
    assert free_bytes(small_disk) < 64 << 10
    server.wait_ready = lambda begin: until(10, lambda: server.health() is not None or server.process.poll() is not None)
    server.start()
    assert server.process.poll() is None and server.health() == 503, server.output()[-2000:]
    assert encrypt(admin, key) is None
    filler.unlink()
    assert until(RECOVERY_SECONDS_MAX, lambda: server.health() == 200), server.output()[-2000:]
    assert encrypt(admin, key).status == 200
    assert server.verify().returncode == 0, server.verify().stdout
