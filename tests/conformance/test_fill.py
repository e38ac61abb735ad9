"""`xtask fill`: a house that is filled while nobody is served is a house like any other, and its trail says so."""

import subprocess

import pytest

from rig.clients import administrator
from rig.server import ACCOUNT, ROOT, Server

KEYS = 300
MORE = 40


def fill(server: Server, keys: int) -> list[str]:
    """The ARNs of so many new keys of a stopped house."""
    done = attempt(server, keys)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"{keys} keys in ")
    return (server.folder / "keys").read_text().split()


def attempt(server: Server, keys: int) -> subprocess.CompletedProcess:
    folders = ["--data-dir", server.data, "--credentials-file", server.credentials_file, "--list", server.folder / "keys"]
    return subprocess.run(
        [ROOT / "target/ci/fill", str(keys), *folders],
        env=server.environment | {"KAGIBAN_ACCOUNT_ID": ACCOUNT},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def filled(make_server) -> tuple[Server, list[str]]:
    server = make_server("filled", start=False)
    return server, fill(server, KEYS)


def test_each_key_is_used_and_the_trail_tells_of_each(filled):
    server, arns = filled
    before = server.verify()
    assert before.returncode == 0 and "no head" not in before.stdout, before.stdout + before.stderr
    assert len(set(arns)) == KEYS
    server.start()
    own = administrator(server)
    pages = own.kms.get_paginator("list_keys").paginate()
    assert sorted(key["KeyArn"] for page in pages for key in page["Keys"]) == sorted(arns)
    for arn in arns:
        blob = own.kms.encrypt(KeyId=arn, Plaintext=arn.encode())["CiphertextBlob"]
        opened = own.kms.decrypt(CiphertextBlob=blob)
        assert (opened["KeyId"], opened["Plaintext"]) == (arn, arn.encode())
    sought = [{"AttributeKey": "EventName", "AttributeValue": "CreateKey"}]
    told = own.cloudtrail.get_paginator("lookup_events").paginate(LookupAttributes=sought)
    events = [event for page in told for event in page["Events"]]
    assert sorted(one["ResourceName"] for event in events for one in event["Resources"]) == sorted(arns)
    assert server.stop() == 0
    after = server.verify()
    assert after.returncode == 0, after.stdout + after.stderr


def test_a_house_that_was_used_is_filled_further_and_one_that_runs_is_not(filled):
    server, arns = filled
    server.start()
    refused = attempt(server, MORE)
    assert refused.returncode == 1 and "cannot be opened" in refused.stderr, refused.stdout + refused.stderr
    blob = administrator(server).kms.encrypt(KeyId=arns[0], Plaintext=b"x")["CiphertextBlob"]
    assert server.stop() == 0
    more = fill(server, MORE)
    server.start()
    own = administrator(server)
    assert own.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    pages = own.kms.get_paginator("list_keys").paginate()
    assert sorted(key["KeyArn"] for page in pages for key in page["Keys"]) == sorted(arns + more)
    assert server.stop() == 0
    done = server.verify()
    assert done.returncode == 0, done.stdout + done.stderr
