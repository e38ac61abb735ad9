"""K-18, the trail as its readers see it: LookupEvents by each attribute, pages, times, errors; what a record says."""

import datetime
import json
import time

import pytest

from rig.clients import administrator, make_user, statement
from rig.refusals import refused

LAG_SECONDS_MAX = 20
SECRET = b"the customer list, which no record may repeat"


def lookup(caller, key: str, value: str, **more) -> list[dict]:
    pages = caller.cloudtrail.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}], **more
    )
    return [event for page in pages for event in page["Events"]]


def wait_for(find, count: int = 1):
    """The look-up indexes may lag some seconds behind the answers."""
    deadline = time.monotonic() + LAG_SECONDS_MAX
    while True:
        found = find()
        if len(found) >= count or time.monotonic() > deadline:
            assert len(found) >= count, f"not on the trail within {LAG_SECONDS_MAX} s: {found}"
            return found
        time.sleep(0.25)


@pytest.fixture(scope="module")
def story(admin):
    """A user who may decrypt, one who may not, and what they did: names, ids and answers."""
    key = admin.kms.create_key(Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]
    good = make_user(admin, statement("Allow", "kms:Decrypt", key["Arn"]), stem="by-iam")
    bad = make_user(admin, stem="none")
    blob = admin.kms.encrypt(KeyId=key["KeyId"], Plaintext=SECRET, EncryptionContext={"purpose": "demo"})[
        "CiphertextBlob"
    ]
    decrypted = good.kms.decrypt(CiphertextBlob=blob, EncryptionContext={"purpose": "demo"})
    with refused("AccessDeniedException") as refusal:
        bad.kms.decrypt(CiphertextBlob=blob, EncryptionContext={"purpose": "demo"}, KeyId=key["Arn"])
    request = decrypted["ResponseMetadata"]["RequestId"]
    found = wait_for(lambda: [e for e in lookup(admin, "Username", good.name) if record(e)["eventName"] == "Decrypt"])
    return {"key": key, "good": good, "bad": bad, "request": request, "refused": refusal.request_id, "event": found[0]}


def record(event: dict) -> dict:
    return json.loads(event["CloudTrailEvent"])


def test_k18_who_decrypted_with_which_key(admin, account, story):
    event, told = story["event"], record(story["event"])
    assert (event["EventName"], event["EventSource"], event["Username"], event["ReadOnly"]) == (
        "Decrypt",
        "kms.amazonaws.com",
        story["good"].name,
        "true",
    )
    assert event["AccessKeyId"] == story["good"].access_key and event["EventId"] == told["eventID"]
    assert {"ResourceType": "AWS::KMS::Key", "ResourceName": story["key"]["Arn"]} in event["Resources"]
    identity = told["userIdentity"]
    assert (identity["type"], identity["arn"], identity["accountId"]) == ("IAMUser", story["good"].arn, account)
    assert (identity["userName"], identity["accessKeyId"]) == (story["good"].name, story["good"].access_key)
    assert identity["principalId"] == story["good"].sts.get_caller_identity()["UserId"]
    assert (
        told["eventVersion"].startswith("1.")
        and told["awsRegion"] == admin.region
        and told["sourceIPAddress"] == "127.0.0.1"
    )
    assert "Boto3" in told["userAgent"] and told["requestID"] == story["request"]
    assert told["requestParameters"]["encryptionContext"] == {"purpose": "demo"}
    assert told["requestParameters"]["encryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
    assert told["responseElements"] is None and told["readOnly"] is True
    assert told["resources"] == [{"accountId": account, "type": "AWS::KMS::Key", "ARN": story["key"]["Arn"]}]
    assert (told["eventType"], told["managementEvent"], told["eventCategory"], told["recipientAccountId"]) == (
        "AwsApiCall",
        True,
        "Management",
        account,
    )
    when = datetime.datetime.fromisoformat(told["eventTime"].replace("Z", "+00:00"))
    assert abs((when - datetime.datetime.now(datetime.timezone.utc)).total_seconds()) < 600
    assert "errorCode" not in told


def test_k18_who_was_refused(admin, story):
    found = wait_for(
        lambda: [record(e) for e in lookup(admin, "Username", story["bad"].name) if record(e)["eventName"] == "Decrypt"]
    )
    assert len(found) == 1, "one call, one record"
    told = found[0]
    assert told["requestID"] == story["refused"] and told["errorCode"].startswith("AccessDenied")
    assert "not authorized to perform: kms:Decrypt" in told["errorMessage"]
    assert told["requestParameters"]["keyId"] == story["key"]["Arn"], "as the caller gave it"
    assert told["responseElements"] is None


def test_k18_no_record_repeats_a_secret(admin, story):
    import base64

    everything = "".join(e["CloudTrailEvent"] for e in lookup(admin, "EventSource", "kms.amazonaws.com"))
    everything += "".join(e["CloudTrailEvent"] for e in lookup(admin, "EventSource", "iam.amazonaws.com"))
    for secret in (
        SECRET.decode(),
        base64.b64encode(SECRET).decode(),
        story["good"].secret_key,
        story["bad"].secret_key,
    ):
        assert secret not in everything
    assert story["good"].access_key in everything


@pytest.mark.parametrize(
    "attribute",
    ["EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"],
)
def test_each_of_the_eight_attributes(admin, story, attribute):
    event = story["event"]
    value = {
        "EventId": event["EventId"],
        "EventName": "Decrypt",
        "ReadOnly": "true",
        "Username": story["good"].name,
        "ResourceType": "AWS::KMS::Key",
        "ResourceName": story["key"]["Arn"],
        "EventSource": "kms.amazonaws.com",
        "AccessKeyId": story["good"].access_key,
    }[attribute]
    found = wait_for(lambda: [e for e in lookup(admin, attribute, value) if e["EventId"] == event["EventId"]])
    assert found == [event]
    for other in lookup(admin, attribute, value):
        if attribute in ("EventName", "Username", "EventSource", "AccessKeyId", "EventId", "ReadOnly"):
            assert other[attribute] == value
        else:
            assert value in [r[attribute] for r in other["Resources"]]
    assert lookup(admin, attribute, "false" if attribute == "ReadOnly" else "never-was") is not None
    assert event["EventId"] not in {
        e["EventId"] for e in lookup(admin, attribute, "false" if attribute == "ReadOnly" else "never-was")
    }


def test_newest_first_and_by_time(admin, story):
    found = lookup(admin, "EventSource", "kms.amazonaws.com")
    times = [e["EventTime"] for e in found]
    assert times == sorted(times, reverse=True)
    at = story["event"]["EventTime"]
    second = datetime.timedelta(seconds=1)
    around = lookup(admin, "Username", story["good"].name, StartTime=at - second, EndTime=at + second)
    assert story["event"] in around
    assert story["event"] not in lookup(
        admin, "Username", story["good"].name, StartTime=at + 2 * second, EndTime=at + 3600 * second
    )
    assert story["event"] not in lookup(admin, "Username", story["good"].name, EndTime=at - 2 * second)


def test_pages(admin, story):
    for _ in range(6):
        story["good"].sts.get_caller_identity()
    wait_for(lambda: lookup(admin, "Username", story["good"].name), 7)
    attributes = [{"AttributeKey": "Username", "AttributeValue": story["good"].name}]
    seen, token = [], {}
    while True:
        page = admin.cloudtrail.lookup_events(LookupAttributes=attributes, MaxResults=2, **token)
        assert len(page["Events"]) <= 2
        seen += [e["EventId"] for e in page["Events"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert len(seen) == len(set(seen)) >= 7
    assert set(seen) == {e["EventId"] for e in lookup(admin, "Username", story["good"].name)}
    assert len(admin.cloudtrail.lookup_events()["Events"]) <= 50
    with refused("InvalidNextTokenException", status=400):
        admin.cloudtrail.lookup_events(LookupAttributes=attributes, NextToken="nonsense")
    # A token belongs to the question it came from.
    first = admin.cloudtrail.lookup_events(LookupAttributes=attributes, MaxResults=1)
    with refused("InvalidNextTokenException", status=400):
        admin.cloudtrail.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "Decrypt"}], NextToken=first["NextToken"]
        )


def test_questions_that_are_refused(admin):
    now = datetime.datetime.now(datetime.timezone.utc)
    loose = admin.client("cloudtrail", loose=True)
    pair = {"AttributeKey": "EventName", "AttributeValue": "Decrypt"}
    with refused("InvalidMaxResultsException|ValidationException", status=400):
        loose.lookup_events(MaxResults=51)
    with refused("InvalidMaxResultsException|ValidationException", status=400):
        loose.lookup_events(MaxResults=0)
    with refused("InvalidTimeRangeException", status=400):
        admin.cloudtrail.lookup_events(StartTime=now, EndTime=now - datetime.timedelta(hours=1))
    with refused("InvalidLookupAttributesException", status=400):
        admin.cloudtrail.lookup_events(LookupAttributes=[pair, {"AttributeKey": "Username", "AttributeValue": "x"}])
    with refused("InvalidLookupAttributesException|ValidationException", status=400):
        loose.lookup_events(LookupAttributes=[{"AttributeKey": "Colour", "AttributeValue": "blue"}])
    with refused("InvalidLookupAttributesException|ValidationException", status=400):
        loose.lookup_events(LookupAttributes=[{"AttributeKey": "EventName"}])
    with refused("InvalidEventCategoryException|ValidationException", status=400):
        loose.lookup_events(EventCategory="gossip")


def test_lookup_needs_a_right(admin):
    user = make_user(admin)
    with refused("AccessDeniedException", "cloudtrail:LookupEvents", status=400):
        user.cloudtrail.lookup_events()
    reader = make_user(admin, statement("Allow", "cloudtrail:LookupEvents"))
    assert reader.cloudtrail.lookup_events(MaxResults=1)["Events"]


def test_iam_events_carry_the_region_of_the_request(admin):
    elsewhere = admin.but(region="eu-west-1")
    user = make_user(elsewhere, stem="elsewhere")
    found = wait_for(
        lambda: [e for e in lookup(elsewhere, "EventName", "CreateUser") if user.name in e["CloudTrailEvent"]]
    )
    told = record(found[0])
    assert told["awsRegion"] == "eu-west-1" and told["eventSource"] == "iam.amazonaws.com"
    assert not [e for e in lookup(admin, "EventName", "CreateUser") if user.name in e["CloudTrailEvent"]]


def test_what_changing_calls_record(admin, account):
    user = make_user(admin, stem="recorded")
    key = admin.kms.create_key(Description="recorded", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]
    admin.kms.disable_key(KeyId=key["KeyId"])
    admin.kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)

    def told(name: str) -> dict:
        found = wait_for(
            lambda: [
                record(e)
                for e in lookup(admin, "EventName", name)
                if key["KeyId"] in e["CloudTrailEvent"] or user.name in e["CloudTrailEvent"]
            ]
        )
        assert found[0]["readOnly"] is False
        return found[0]

    made = told("CreateKey")
    assert made["responseElements"]["keyMetadata"]["keyId"] == key["KeyId"]
    assert made["requestParameters"]["description"] == "recorded" and made["requestParameters"]["tags"] == [
        {"tagKey": "a", "tagValue": "b"}
    ]
    assert told("DisableKey")["requestParameters"]["keyId"] == key["KeyId"]
    scheduled = told("ScheduleKeyDeletion")
    assert (
        scheduled["requestParameters"]["pendingWindowInDays"] == 7
        and scheduled["responseElements"]["keyState"] == "PendingDeletion"
    )
    created = told("CreateAccessKey")
    assert created["responseElements"]["accessKey"]["accessKeyId"] == user.access_key
    assert "secretAccessKey" not in json.dumps(created)


def test_every_outcome_is_one_record(own):
    """Success, a fault, a refusal, a bad parameter, a dry run: one record each; before identity none."""
    user = make_user(own)
    with refused("NotFoundException"):
        own.kms.disable_key(KeyId="12345678-1234-4123-8123-123456789012")
    with refused("AccessDeniedException"):
        user.kms.create_key()
    with refused("ValidationException"):
        own.loose_kms.generate_random(NumberOfBytes=0)
    key = own.kms.create_key()["KeyMetadata"]
    with refused("DryRunOperationException"):
        own.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", DryRun=True)
    with refused("InvalidSignatureException"):
        own.but(secret_key="x" * 40).kms.enable_key(KeyId=key["KeyId"])
    expected = {
        "DisableKey": ["NotFoundException"],
        "CreateKey": ["AccessDenied", None],
        "GenerateRandom": ["ValidationException"],
        "Encrypt": ["DryRunOperationException"],
        "EnableKey": [],
        "CreateUser": [None],
    }
    wait_for(lambda: lookup(own, "EventName", "Encrypt"))
    for name, codes in expected.items():
        found = [record(e).get("errorCode") for e in lookup(own, "EventName", name)]
        assert sorted(str(c).replace("AccessDeniedException", "AccessDenied") for c in found) == sorted(
            str(c) for c in codes
        ), name


def test_the_trail_survives_a_restart(own):
    own.kms.create_key()
    before = wait_for(lambda: lookup(own, "EventName", "CreateKey"))
    own.server.restart()
    assert lookup(administrator(own.server), "EventName", "CreateKey") == before
