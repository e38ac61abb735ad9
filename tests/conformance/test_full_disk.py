"""T11, a full disk: nothing is done that is not recorded, every call with an identity hears its protocol's own 5xx, log, trail, health and
doctor say why, and the house comes back by itself when there is space."""

import json
import os
import pathlib
import subprocess
import tempfile
import time

import pytest

from rig import raw
from rig.clients import administrator, make_user, statement
from rig.refusals import refused
from test_cloudtrail import lookup, wait_for

DISK = "48m"
LEFT_BYTES = 256 << 10
CALLS_MAX = 5_000
TEXT = "The request cannot be recorded, and so is not done. Try again later."
IN_THE_LOG = "the disk is full: nothing can be recorded"
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


def encrypt(caller, key: str) -> raw.Answer:
    return raw.send_json(caller, "Encrypt", {"KeyId": key, "Plaintext": "eA==", "EncryptionContext": {"a": "b" * 2000}})


def encrypt_until_full(caller, key: str) -> list[str]:
    """The request ids of all that was acknowledged before the first refusal."""
    answered = []
    while (answer := encrypt(caller, key)).status == 200 and len(answered) < CALLS_MAX:
        answered.append(answer.request_id)
    assert 0 < len(answered) < CALLS_MAX, "the disk is full"
    assert is_refused(answer), answer
    return answered


def is_refused(answer: raw.Answer) -> bool:
    """The 5xx that KMS's model has, and nothing of what was asked for."""
    told = (answer.status, answer.code, answer.text) == (500, "KMSInternalException", TEXT)
    return told and answer.request_id != "" and "CiphertextBlob" not in answer.body.decode()


def doctor(server) -> dict[str, dict]:
    done = server.run("doctor", "--json", *server.command()[2:])
    return {found["check"]: found for found in json.loads(done.stdout)["findings"]}


def test_t11_a_full_disk_stops_the_answers_and_not_the_house(small_disk, make_server):
    server = make_server("full", start=False)
    server.data = small_disk / "data"
    admin = administrator(server.start())
    key = admin.kms.create_key()["KeyMetadata"]["KeyId"]
    ballast = server.data / "ballast"
    assert ballast.stat().st_blocks * 512 >= 16 << 20

    filler = fill(small_disk, LEFT_BYTES)
    answered = encrypt_until_full(admin, key)
    assert not ballast.exists(), "what was kept back was thrown off"
    assert until(3, lambda: "the disk is full" in server.output())
    assert server.process.poll() is None and server.health() == 503
    told = doctor(server)
    assert told["disk-space"]["level"] == "problem" and "the disk is full" in told["disk-space"]["what"]
    assert told["file-system"]["level"] == "warning" and "tmpfs" in told["file-system"]["what"]
    for _ in range(20):
        assert is_refused(encrypt(admin, key)), "no record, no answer"
    assert server.verify().returncode == 0, server.verify().stdout

    # Somebody takes what was thrown off, too.
    fill(small_disk, LEFT_BYTES)
    assert is_refused(encrypt(admin, key)) and server.health() == 503

    # It ends in order, and starts, on a disk that is still full.
    with filler.open("r+b") as file:
        file.truncate(filler.stat().st_size - (4 << 20))
    assert server.stop() == 0, server.output()[-2000:]
    server.wait_ready = lambda begin: until(10, lambda: server.health() is not None or server.process.poll() is not None)
    server.start()
    assert server.process.poll() is None and server.health() == 503, server.output()[-2000:]
    assert is_refused(encrypt(admin, key))

    filler.unlink()
    assert until(RECOVERY_SECONDS_MAX, lambda: server.health() == 200), server.output()[-2000:]
    assert encrypt(admin, key).status == 200
    assert ballast.exists() and "there is space on the disk again" in server.output()
    assert server.verify().returncode == 0, server.verify().stdout
    # Once for each time that it was found full: before the stop, and after the start.
    for name, times in (("DiskFull", 2), ("DiskHasRoom", 1)):
        assert len(wait_for(lambda name=name: lookup(admin, "EventName", name), times)) == times, name
    assert server.output().count(IN_THE_LOG) == 2
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
    assert is_refused(encrypt(admin, key))
    filler.unlink()
    assert until(RECOVERY_SECONDS_MAX, lambda: server.health() == 200), server.output()[-2000:]
    assert encrypt(admin, key).status == 200
    assert server.verify().returncode == 0, server.verify().stdout


def test_t11_each_protocol_has_its_own_5xx_and_the_house_serves_again_without_a_restart(small_disk, make_server):
    server = make_server("full", start=False)
    server.data = small_disk / "data"
    admin = administrator(server.start())
    keys = [admin.kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(3)]
    user = make_user(admin, statement("Allow", "kms:*"))
    filler = fill(small_disk, LEFT_BYTES)
    answered = encrypt_until_full(admin, keys[0])
    assert until(3, lambda: IN_THE_LOG in server.output())

    for call, code, status in [
        (admin.kms.create_key, "KMSInternalException", 500),
        (user.kms.list_keys, "KMSInternalException", 500),
        (admin.iam.list_users, "ServiceFailure", 500),
        (lambda: admin.iam.create_user(UserName="nobody"), "ServiceFailure", 500),
        (admin.sts.get_caller_identity, "ServiceUnavailable", 503),
        (admin.cloudtrail.lookup_events, "ServiceUnavailableException", 503),
        # Refusals have no record either.
        (lambda: admin.kms.describe_key(KeyId="alias/none"), "KMSInternalException", 500),
        (lambda: user.iam.list_users(), "ServiceFailure", 500),
    ]:
        with refused(code, "cannot be recorded", status=status):
            call()
    # Who is nobody is refused as ever.
    with refused("UnrecognizedClientException", "", status=400):
        admin.but(access_key="AKIAIOSFODNN7EXAMPLE").kms.list_keys()
    assert server.output().count(IN_THE_LOG) == 1, "not once for each call"

    process = server.process
    filler.unlink()
    assert until(RECOVERY_SECONDS_MAX, lambda: server.health() == 200), server.output()[-2000:]
    assert process.poll() is None and server.output().count("there is space on the disk again") == 1
    assert doctor(server)["disk-space"]["level"] != "problem"
    assert {key["KeyId"] for key in admin.kms.list_keys()["Keys"]} == set(keys), "what was refused was not done"
    assert "nobody" not in [user["UserName"] for user in admin.iam.list_users()["Users"]]
    assert encrypt(admin, keys[0]).status == 200
    assert server.verify().returncode == 0, server.verify().stdout
    for name in ("DiskFull", "DiskHasRoom"):
        assert len(wait_for(lambda name=name: lookup(admin, "EventName", name))) == 1, name
    recorded = "".join(event["CloudTrailEvent"] for event in lookup(admin, "EventName", "Encrypt"))
    assert [request_id for request_id in answered if request_id not in recorded] == [], "each answer has its record"
