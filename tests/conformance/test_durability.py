"""C-04: what was acknowledged survives kill -9; the trail with it, whole and without a gap."""

import os
import random
import threading

from rig.clients import administrator, make_user, statement
from rig.refusals import refused

CYCLES = int(os.environ.get("KAGIBAN_KILLS", "4"))


def test_c04_kill_in_the_middle_of_writes(make_server):
    own = administrator(make_server("killed"))
    keys: list[str] = []
    blobs: dict[str, bytes] = {}
    for cycle in range(CYCLES):
        acknowledged = write_until_killed(own, random.Random(cycle).uniform(0.3, 0.9))
        assert acknowledged, "some writes came through before the kill"
        own.server.start()
        keys += acknowledged
        listed = {k["KeyId"] for k in own.kms.get_paginator("list_keys").paginate().search("Keys[]")}
        assert set(keys) <= listed, f"cycle {cycle}: an acknowledged key is gone"
        for key in acknowledged[-5:]:
            blobs[key] = own.kms.encrypt(KeyId=key, Plaintext=key.encode())["CiphertextBlob"]
        done = own.server.verify()
        assert done.returncode == 0, f"cycle {cycle}: {done.stdout}{done.stderr}"
    for key, blob in blobs.items():
        assert own.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == key.encode()
    recorded = "".join(e["CloudTrailEvent"] for e in created(own))
    assert all(key in recorded for key in keys), "each acknowledged key has its record"


def write_until_killed(own, seconds: float) -> list[str]:
    acknowledged: list[str] = []

    def work(caller):
        while True:
            try:
                acknowledged.append(caller.kms.create_key()["KeyMetadata"]["KeyId"])
            except Exception:  # The server was killed: that is the point.
                return

    workers = [threading.Thread(target=work, args=(own.but(),)) for _ in range(3)]
    for worker in workers:
        worker.start()
    threading.Event().wait(seconds)
    while not acknowledged and any(w.is_alive() for w in workers):
        threading.Event().wait(0.05)
    own.server.kill()
    for worker in workers:
        worker.join(timeout=40)
    return acknowledged


def created(own) -> list[dict]:
    pages = own.cloudtrail.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateKey"}]
    )
    return [event for page in pages for event in page["Events"]]


def test_c04_iam_and_policies_survive_a_kill(make_server):
    own = administrator(make_server("killed"))
    key = own.kms.create_key()["KeyMetadata"]
    own.kms.create_alias(AliasName="alias/kept", TargetKeyId=key["KeyId"])
    user = make_user(own, statement("Allow", "kms:Encrypt", key["Arn"]))
    off = make_user(own)
    own.iam.update_access_key(UserName=off.name, AccessKeyId=off.access_key, Status="Inactive")
    own.server.kill()
    own.server.start()
    assert user.kms.encrypt(KeyId="alias/kept", Plaintext=b"x")["KeyId"] == key["Arn"]
    with refused("AccessDeniedException"):
        user.kms.disable_key(KeyId=key["KeyId"])
    with refused("InvalidClientTokenId"):
        off.sts.get_caller_identity()


def test_c04_a_revocation_survives_a_kill(make_server):
    """The last acknowledged write is a refusal to come: it must not be lost either."""
    own = administrator(make_server("killed"))
    user = make_user(own, statement("Allow", "kms:ListKeys"))
    assert user.kms.list_keys()
    own.iam.delete_user_policy(UserName=user.name, PolicyName="inline")
    own.server.kill()
    own.server.start()
    with refused("AccessDeniedException"):
        user.kms.list_keys()
