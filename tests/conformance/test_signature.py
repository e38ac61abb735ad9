"""C-02: the signature is really verified. Each refusal in the form of its service, before all else."""

import datetime
import re
import urllib.error
import urllib.request

import pytest

from rig import raw
from rig.clients import clock_off_by, make_user
from rig.refusals import refused

CALLS = {
    "kms": (lambda c: c.kms.list_keys(), "InvalidSignatureException", "UnrecognizedClientException", 400),
    "cloudtrail": (
        lambda c: c.cloudtrail.lookup_events(),
        "InvalidSignatureException",
        "UnrecognizedClientException",
        400,
    ),
    "iam": (lambda c: c.iam.list_users(), "SignatureDoesNotMatch", "InvalidClientTokenId", 403),
    "sts": (lambda c: c.sts.get_caller_identity(), "SignatureDoesNotMatch", "InvalidClientTokenId", 403),
}
services = pytest.mark.parametrize("service", CALLS)


@services
def test_a_wrong_secret(admin, service):
    call, mismatch, _, status = CALLS[service]
    wrong = admin.but(secret_key=admin.secret_key[:-1] + ("A" if admin.secret_key[-1] != "A" else "B"))
    with refused(
        mismatch, "The request signature we calculated does not match the signature you provided", status=status
    ) as error:
        call(wrong)
    assert admin.secret_key not in error.text and wrong.secret_key not in error.text


@services
def test_an_unknown_key(admin, service):
    call, _, unknown, status = CALLS[service]
    with refused(unknown, "The security token included in the request is invalid", status=status):
        call(admin.but(access_key="AKIAIOSFODNN7EXAMPLE"))


@services
def test_an_unknown_session_token(admin, service):
    call, _, unknown, status = CALLS[service]
    with refused(unknown, "The security token included in the request is invalid", status=status):
        call(admin.but(token="FwoGZXIvYXdzEBYaDNoSuchToken"))
    with refused(unknown, status=status):
        call(admin.but(access_key="ASIAIOSFODNN7EXAMPLE", token="FwoGZXIvYXdzEBYaDNoSuchToken"))


@services
@pytest.mark.parametrize(
    "direction, text", [(-1, "Signature expired"), (1, "Signature not yet current")], ids=["late", "early"]
)
def test_a_clock_that_is_off(admin, service, direction, text):
    call, mismatch, _, status = CALLS[service]
    window = 15 * 60 if service in ("iam", "sts") else 5 * 60
    with clock_off_by(direction * (window - 30)):
        call(admin)
    with clock_off_by(direction * (window + 30)):
        with refused(mismatch, text, status=status):
            call(admin)
    with clock_off_by(direction * 7 * 86_400):
        with refused(mismatch, text, status=status):
            call(admin)


@services
def test_unsigned(admin, service):
    if service in raw.TARGETS:
        answer = raw.send_json(
            admin, {"kms": "ListKeys", "cloudtrail": "LookupEvents"}[service], {}, service=service, signed=False
        )
    else:
        answer = raw.send_form(
            admin, {"iam": "ListUsers", "sts": "GetCallerIdentity"}[service], service=service, signed=False
        )
    assert answer.status in (400, 403)
    assert answer.code in ("MissingAuthenticationToken", "MissingAuthenticationTokenException"), answer
    assert answer.request_id


def test_p05_an_open_key_policy_does_not_open_unsigned_calls(admin, account, key):
    from rig.clients import owner_statement, put_policy, statement

    put_policy(admin, key["KeyId"], owner_statement(account), statement("Allow", "kms:*", Principal="*"))
    answer = raw.send_json(admin, "DescribeKey", {"KeyId": key["KeyId"]}, signed=False)
    assert answer.status in (400, 403) and answer.code.startswith("MissingAuthenticationToken")
    assert key["KeyId"].encode() not in answer.body


def signed_list_keys(admin, body: bytes = b"{}") -> dict[str, str]:
    return raw.sign(admin, "kms", body, {"X-Amz-Target": "TrentService.ListKeys", "Content-Type": raw.JSON_11})


def test_the_body_is_signed(admin):
    headers = signed_list_keys(admin, b'{"Limit":1}')
    assert raw.send(admin, b'{"Limit":1}', headers).status == 200
    answer = raw.send(admin, b'{"Limit":2}', headers)
    assert (answer.status, answer.code) == (400, "InvalidSignatureException")


def test_each_signed_part_is_signed(admin):
    headers = signed_list_keys(admin)
    assert raw.send(admin, b"{}", headers).status == 200
    for name, value in {
        "X-Amz-Target": "TrentService.ListAliases",
        "X-Amz-Date": (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=60)).strftime(
            "%Y%m%dT%H%M%SZ"
        ),
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": headers["Authorization"].replace("/kms/", "/iam/"),
    }.items():
        answer = raw.send(admin, b"{}", headers | {name: value})
        assert answer.status in (400, 403), f"{name} could be changed"
        assert answer.code in ("InvalidSignatureException", "SignatureDoesNotMatch"), f"{name}: {answer}"
    answer = raw.send(admin, b"{}", headers, path="/?Action=ListUsers")
    assert answer.status in (400, 403) and answer.code in ("InvalidSignatureException", "SignatureDoesNotMatch")
    host = raw.send(admin, b"{}", headers | {"Host": "kms.example.com"})
    assert host.status in (400, 403) and host.code == "InvalidSignatureException"


def test_an_amz_header_that_was_not_signed(admin):
    answer = raw.send(admin, b"{}", signed_list_keys(admin) | {"X-Amz-Extra": "unsigned"})
    assert answer.status in (400, 403)
    assert re.search("headers present in the request which were not signed", answer.text), answer


def test_the_target_must_be_signed(admin):
    """A target that was added after signing would let a stranger choose the operation."""
    headers = raw.sign(admin, "kms", b"{}", {"Content-Type": raw.JSON_11})
    answer = raw.send(admin, b"{}", headers | {"X-Amz-Target": "TrentService.ListKeys"})
    assert answer.status in (400, 403) and answer.code != ""


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=AKIA/20260101/ap-northeast-1/kms/aws4_request",
        "AWS4-HMAC-SHA256 Credential=, SignedHeaders=, Signature=",
        "AWS4-HMAC-SHA512 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=00",
        "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host;x-amz-date, Signature=zz",
        "AWS4-ECDSA-P256-SHA256 Credential=a/b/kms/aws4_request, SignedHeaders=host, Signature=00",
        "Basic YWRtaW46YWRtaW4=",
        "Bearer abc",
        "AWS4-HMAC-SHA256 " + "x" * 4000,
    ],
)
def test_an_authorization_that_is_none(admin, authorization):
    headers = signed_list_keys(admin) | {"Authorization": authorization}
    answer = raw.send(admin, b"{}", headers)
    assert answer.status in (400, 403)
    assert answer.code in (
        "IncompleteSignatureException",
        "IncompleteSignature",
        "InvalidSignatureException",
        "UnrecognizedClientException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
    ), answer


def test_a_region_outside_the_list(admin):
    answer = raw.send_json(admin, "ListKeys", {}, region="mars-north-1")
    assert answer.status in (400, 403) and answer.code in (
        "InvalidSignatureException",
        "UnrecognizedClientException",
    ), answer
    answer = raw.send_form(admin, "GetCallerIdentity", service="sts", region="mars-north-1")
    assert answer.status in (400, 403) and answer.code in ("SignatureDoesNotMatch", "InvalidClientTokenId"), answer


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-northeast-3"])
def test_any_commercial_region(admin, account, region):
    elsewhere = admin.but(region=region)
    assert elsewhere.sts.get_caller_identity()["Account"] == account
    assert elsewhere.iam.list_users()["Users"]
    assert elsewhere.kms.list_keys(Limit=1)["Keys"] is not None


def test_a_presigned_identity(admin, account):
    # The method is part of what is signed; botocore signs a POST unless it is told otherwise.
    posted = admin.sts.generate_presigned_url("get_caller_identity", ExpiresIn=60)
    url = admin.sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    for request in (url, urllib.request.Request(posted, method="POST")):
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200 and account in answer.read().decode()
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(posted, timeout=10)
    assert "X-Amz-Signature=" in url
    for bad in (
        url.replace("X-Amz-Signature=", "X-Amz-Signature=0"),
        url + "&Extra=1",
        url.replace("GetCallerIdentity", "GetSessionToken"),
    ):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(bad, timeout=10)
        assert error.value.code in (400, 403)


def test_an_inactive_key_is_refused_at_once(admin):
    user = make_user(admin)
    for _ in range(3):
        assert user.sts.get_caller_identity()["Arn"] == user.arn
        admin.iam.update_access_key(UserName=user.name, AccessKeyId=user.access_key, Status="Inactive")
        with refused("InvalidClientTokenId", status=403):
            user.sts.get_caller_identity()
        with refused("UnrecognizedClientException", status=400):
            user.kms.list_keys()
        admin.iam.update_access_key(UserName=user.name, AccessKeyId=user.access_key, Status="Active")
    admin.iam.delete_access_key(UserName=user.name, AccessKeyId=user.access_key)
    with refused("InvalidClientTokenId"):
        user.sts.get_caller_identity()


def test_a_deleted_users_key_does_not_come_back_with_the_name(admin):
    user = make_user(admin)
    admin.iam.delete_access_key(UserName=user.name, AccessKeyId=user.access_key)
    admin.iam.delete_user(UserName=user.name)
    admin.iam.create_user(UserName=user.name)
    with refused("InvalidClientTokenId"):
        user.sts.get_caller_identity()
