"""`kagiban admin new-key`: the way back in when the credentials were lost, for who has the root and the host."""

import json
import os
import re
import stat
import time

import pytest

from rig.clients import Caller, administrator, make_user
from rig.refusals import refused
from rig.server import NotStarted, Server


def new_key(server: Server, *flags: str, status: int = 0, file: str = "recovered") -> str:
    where = ("--data-dir", str(server.data), "--credentials-file", str(server.folder / file))
    done = server.run("admin", "new-key", *where, *server.root_flags(), *flags)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def recovered(server: Server, file: str = "recovered") -> Caller:
    server.credentials_file = server.folder / file
    return administrator(server)


def records(own: Caller, name: str, count: int = 1) -> list[dict]:
    """As many as there are, at least so many as long as the index may still grow."""
    for _ in range(50):
        found = own.cloudtrail.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}])
        if len(found["Events"]) >= count:
            return [json.loads(event["CloudTrailEvent"]) for event in found["Events"]]
        time.sleep(0.1)
    return []


def test_who_lost_the_credentials_gets_in_again(own):
    server, lost = own.server, own.access_key
    own.server.stop()
    server.credentials_file.unlink()
    said = new_key(server)
    file = server.folder / "recovered"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = recovered(server.start())
    assert again.access_key != lost and again.access_key in said and again.secret_key not in said
    assert again.sts.get_caller_identity()["Arn"].endswith(":user/administrator")
    again.kms.create_key()
    (record,) = records(again, "RecoverAccessKey")
    assert record["serviceEventDetails"]["accessKeyId"] == again.access_key
    assert record["eventSource"] == "iam.amazonaws.com" and record["eventType"] == "AwsServiceEvent"
    assert again.secret_key not in json.dumps(record)
    assert server.stop() == 0 and server.verify().returncode == 0
    # `trail.head` names the new record as soon as the command has ended.
    server.credentials_file = server.folder / "recovered"
    new_key(server, "--replace", lost, file="third")
    assert server.verify().returncode == 0


def test_a_clock_that_is_moved_is_on_the_trail(own):
    server = own.server
    server.stop()
    (server.folder / "clock").write_text("-60")
    config = server.folder / "kagiban.toml"
    config.write_text(f'danger_clock_file = "{server.folder / "clock"}"\n')
    new_key(server, "--config", str(config))
    dangers = [one["serviceEventDetails"]["dangers"] for one in records(recovered(server.start()), "Start", 3)]
    assert sorted(dangers) == ["", "", "danger_clock_file"]
    server.stop()
    assert server.verify().returncode == 0


def test_two_keys_are_the_most_and_the_one_that_is_named_goes(own):
    server = own.server
    own.server.stop()
    new_key(server, file="second")
    said = new_key(server, file="third", status=2)
    assert own.access_key in said and "--replace" in said and not (server.folder / "third").exists()
    assert f"deleted:      {own.access_key}" in new_key(server, "--replace", own.access_key, file="third")
    server.start()
    with refused("InvalidClientTokenId"):
        own.sts.get_caller_identity()
    for file in ("second", "third"):
        assert recovered(server, file).sts.get_caller_identity()
    told = [record.get("serviceEventDetails", {}) for record in records(recovered(server, "third"), "RecoverAccessKey")]
    assert [one["deletedAccessKeyId"] for one in told if "deletedAccessKeyId" in one] == [own.access_key]


def test_a_key_for_another_user(own):
    alice = make_user(own, stem="alice")
    own.server.stop()
    assert "cannot be found" in new_key(own.server, "--user", "nobody", status=2)
    assert "cannot be found" in new_key(own.server, "--replace", alice.access_key, status=2), "it is not the administrator's"
    assert not (own.server.folder / "recovered").exists()
    assert alice.name in new_key(own.server, "--user", alice.name)
    own.server.start()
    assert recovered(own.server).sts.get_caller_identity()["Arn"].endswith(f":user/{alice.name}")


def test_a_running_house_is_left_alone(own):
    assert "in use by another process" in new_key(own.server, status=2)
    assert not (own.server.folder / "recovered").exists()
    assert len(own.iam.list_access_keys()["AccessKeyMetadata"]) == 1


def test_nothing_is_overwritten_and_no_house_is_made(own, make_server):
    own.server.stop()
    before = own.server.credentials_file.read_bytes()
    assert "is there already" in new_key(own.server, file="credentials", status=2)
    assert own.server.credentials_file.read_bytes() == before
    nowhere = make_server(start=False)
    assert "is no data directory" in new_key(nowhere, status=2)
    assert not nowhere.data.exists() and not nowhere.root_files()
    assert len(administrator(own.server.start()).iam.list_access_keys()["AccessKeyMetadata"]) == 1, "no key was made"


@pytest.mark.parametrize("root", ["none", "another"])
def test_without_the_root_there_is_no_way_in(own, make_server, tmp_path, root):
    own.server.stop()
    stranger = make_server("stranger", of=own.server, start=False)
    flags = ()
    if root == "another":
        (tmp_path / "root.key").write_text(os.urandom(32).hex() + "\n")
        (tmp_path / "root.key").chmod(0o600)
        flags = ("--root-key-file", str(tmp_path / "root.key"))
    said = new_key(stranger, *flags, status=2)
    assert re.search("root key|does not open with this root", said)
    assert not (stranger.folder / "recovered").exists()


def test_a_first_key_that_waits_for_its_delivery_is_left_alone(make_server):
    """The first start makes it anew. Were it deleted in place of it, no start would find what it has to replace."""
    server = make_server(start=False)
    in_the_way = server.credentials_file.with_name(server.credentials_file.name + ".new")
    in_the_way.mkdir()
    with pytest.raises(NotStarted, match="made anew"):
        server.start()
    in_the_way.rmdir()
    assert "`kagiban serve`" in new_key(server, status=2) and not (server.folder / "recovered").exists()
    admin = administrator(server.start())
    assert [key["AccessKeyId"] for key in admin.iam.list_access_keys()["AccessKeyMetadata"]] == [admin.access_key]
    server.stop()
    new_key(server, "--replace", admin.access_key)
    assert recovered(server.start()).sts.get_caller_identity()


def test_a_key_that_cannot_be_delivered_is_named(own):
    """The folder goes away between the proof and the writing: here, a folder in the way of the file that is renamed into place."""
    server = own.server
    server.stop()
    (server.folder / "recovered.new").mkdir()
    said = new_key(server, status=2)
    (id_,) = re.findall("AKIA[A-Z2-7]{16}", said)[:1]
    assert f"--replace {id_}" in said
    (server.folder / "recovered.new").rmdir()
    new_key(server, "--replace", id_)
    assert recovered(server.start()).sts.get_caller_identity()
