"""The end of a key: scheduled, cancelled, and, with the server's clock moved on by its file, carried out."""

import datetime
import re
import time

import pytest

from conftest import needs
from rig import cli, clients
from rig.clients import clock_off_by, move_on, unique
from rig.refusals import refused

DAY = 86_400
SETTLE_SECONDS_MAX = 100


def test_a_scheduled_key_is_pending(admin, key):
    before = datetime.datetime.now(datetime.timezone.utc)
    blob = admin.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    told = admin.kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    assert (told["KeyId"], told["KeyState"], told["PendingWindowInDays"]) == (key["Arn"], "PendingDeletion", 7)
    assert abs((told["DeletionDate"] - before).total_seconds() - 7 * DAY) < 60
    now = admin.kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    assert (now["KeyState"], now["Enabled"], now["DeletionDate"]) == ("PendingDeletion", False, told["DeletionDate"])
    pending = re.escape(f"{key['Arn']} is pending deletion.")
    for use in (
        lambda: admin.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x"),
        lambda: admin.kms.decrypt(CiphertextBlob=blob),
        lambda: admin.kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256"),
        lambda: admin.kms.generate_data_key_without_plaintext(KeyId=key["KeyId"], KeySpec="AES_256"),
        lambda: admin.kms.enable_key(KeyId=key["KeyId"]),
        lambda: admin.kms.disable_key(KeyId=key["KeyId"]),
        lambda: admin.kms.schedule_key_deletion(KeyId=key["KeyId"]),
        lambda: admin.kms.update_key_description(KeyId=key["KeyId"], Description="x"),
        lambda: admin.kms.create_alias(AliasName=f"alias/{unique('pending')}", TargetKeyId=key["KeyId"]),
        lambda: admin.kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "a", "TagValue": "b"}]),
        lambda: admin.kms.untag_resource(KeyId=key["KeyId"], TagKeys=["a"]),
    ):
        with refused("KMSInvalidStateException", pending, status=400):
            use()
    for allowed in (
        "get_key_policy",
        "list_key_policies",
        "list_resource_tags",
        "get_key_rotation_status",
        "describe_key",
    ):
        assert getattr(admin.kms, allowed)(KeyId=key["KeyId"])


def test_cancel_leaves_it_disabled(admin, key):
    with refused("KMSInvalidStateException", re.escape(f"{key['Arn']} is not pending deletion."), status=400):
        admin.kms.cancel_key_deletion(KeyId=key["KeyId"])
    admin.kms.schedule_key_deletion(KeyId=key["KeyId"])
    assert admin.kms.cancel_key_deletion(KeyId=key["KeyId"])["KeyId"] == key["Arn"]
    now = admin.kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    assert now["KeyState"] == "Disabled" and "DeletionDate" not in now
    admin.kms.enable_key(KeyId=key["KeyId"])
    assert admin.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")


def test_the_window(admin, key):
    for days in (0, 6, 31, 365, 366):
        with refused("ValidationException", "(?i)pending ?window ?in ?days", status=400):
            admin.loose_kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=days)
    assert admin.kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled"
    assert admin.kms.schedule_key_deletion(KeyId=key["KeyId"])["PendingWindowInDays"] == 30


def test_an_alias_may_leave_a_pending_key_but_not_reach_one(admin, key):
    name, other = f"alias/{unique('moves')}", admin.kms.create_key()["KeyMetadata"]
    admin.kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
    admin.kms.schedule_key_deletion(KeyId=key["KeyId"])
    admin.kms.update_alias(AliasName=name, TargetKeyId=other["KeyId"])
    with refused("KMSInvalidStateException"):
        admin.kms.update_alias(AliasName=name, TargetKeyId=key["KeyId"])
    assert admin.kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"] == other["KeyId"]


def until_gone(admin, key: str) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    while True:
        try:
            admin.kms.describe_key(KeyId=key)
        except admin.kms.exceptions.NotFoundException:
            return
        assert time.monotonic() < deadline, "the key is due, but still there"
        time.sleep(0.5)


def test_a_key_is_deleted_when_its_date_comes(clocked):
    admin = clocked
    due, kept, later = (admin.kms.create_key()["KeyMetadata"] for _ in range(3))
    name = f"alias/{unique('dies')}"
    admin.kms.create_alias(AliasName=name, TargetKeyId=due["KeyId"])
    admin.kms.tag_resource(KeyId=due["KeyId"], Tags=[{"TagKey": "a", "TagValue": "b"}])
    blobs = {
        k["KeyId"]: admin.kms.encrypt(KeyId=k["KeyId"], Plaintext=b"x")["CiphertextBlob"] for k in (due, kept, later)
    }
    admin.kms.schedule_key_deletion(KeyId=due["KeyId"], PendingWindowInDays=7)
    admin.kms.schedule_key_deletion(KeyId=later["KeyId"], PendingWindowInDays=8)

    move_on(admin, 7 * DAY - 120)
    with clock_off_by(7 * DAY - 120):
        time.sleep(3)
        assert admin.kms.describe_key(KeyId=due["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion", (
            "not a minute early"
        )

    move_on(admin, 7 * DAY + 60)
    with clock_off_by(7 * DAY + 60):
        until_gone(admin, due["KeyId"])
        for use in (
            lambda: admin.kms.describe_key(KeyId=name),
            lambda: admin.kms.encrypt(KeyId=due["KeyId"], Plaintext=b"x"),
            lambda: admin.kms.cancel_key_deletion(KeyId=due["KeyId"]),
            lambda: admin.kms.get_key_policy(KeyId=due["Arn"]),
            lambda: admin.kms.list_resource_tags(KeyId=due["Arn"]),
        ):
            with refused("NotFoundException"):
                use()
        assert name not in {a["AliasName"] for a in admin.kms.list_aliases()["Aliases"]}
        assert {k["KeyId"] for k in admin.kms.list_keys()["Keys"]} == {kept["KeyId"], later["KeyId"]}
        with refused("InvalidCiphertextException|NotFoundException|AccessDeniedException"):
            admin.kms.decrypt(CiphertextBlob=blobs[due["KeyId"]])
        assert admin.kms.decrypt(CiphertextBlob=blobs[kept["KeyId"]])["Plaintext"] == b"x"
        admin.kms.cancel_key_deletion(KeyId=later["KeyId"])
        admin.kms.create_alias(AliasName=name, TargetKeyId=kept["KeyId"])

        told = until_event(admin, "DeleteKey")
        assert told and due["KeyId"] in str(told), "the deletion stands on the trail, with its key"

    # It stays gone, and the trail whole, after a restart.
    admin.server.restart()
    with clock_off_by(7 * DAY + 60):
        with refused("NotFoundException"):
            admin.kms.describe_key(KeyId=due["KeyId"])
    assert admin.server.stop() == 0
    done = admin.server.verify()
    assert done.returncode == 0, done.stdout + done.stderr


def until_event(admin, name: str) -> list[dict]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = admin.cloudtrail.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}]
        )["Events"]
        if found:
            return found
        time.sleep(0.5)
    return []


def test_a_key_that_fell_due_while_the_server_was_down(clocked):
    admin = clocked
    due = admin.kms.create_key()["KeyMetadata"]
    admin.kms.schedule_key_deletion(KeyId=due["KeyId"], PendingWindowInDays=7)
    assert admin.server.stop() == 0
    admin.server.clock.write_text(f"{7 * DAY + 60}\n")
    admin.server.start()
    with clock_off_by(7 * DAY + 60):
        until_gone(admin, due["KeyId"])


@needs("faketime", "faketime")
def test_the_command_line_under_a_false_clock(clocked):
    admin = clocked
    move_on(admin, 7 * DAY)
    assert cli.cli(admin, "sts", "get-caller-identity").error == "SignatureDoesNotMatch", (
        "a client in the present is a week late"
    )
    assert cli.cli(admin, "kms", "list-keys", prefix=("faketime", "-f", "+7d")).json() == {"Keys": []}


def test_a_false_clock_is_told(clocked):
    """In the log, and on the trail at boot."""
    assert "danger" in clocked.server.output().lower()
    deadline = time.monotonic() + 20
    while True:
        pages = clocked.cloudtrail.get_paginator("lookup_events").paginate()
        if any("danger" in e["CloudTrailEvent"].lower() for page in pages for e in page["Events"]):
            break
        assert time.monotonic() < deadline, "no record of the boot names the danger"
        time.sleep(0.5)
