"""C-05, C-06, the wire: unknown operations, bad bodies, request ids, HTTP/2, TLS, limits. Never a 5xx."""

import http.client
import json
import re
import subprocess

import pytest

from conftest import needs
from rig import cli, raw
from rig.clients import administrator
from rig.refusals import refused
from rig.server import Server
from test_cloudtrail import wait_for

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


# --- C-05: what is not offered -------------------------------------------------------


@pytest.mark.parametrize(
    "service, target",
    [
        ("kms", "TrentService.NoSuchOperation"),
        ("kms", "TrentService.CreateGrant"),
        ("kms", "TrentService.Sign"),
        ("kms", "TrentService."),
        ("kms", "TrentService"),
        ("kms", ""),
        ("kms", "NoSuchService.ListKeys"),
        ("kms", "TrentService.listkeys"),
        ("kms", "TrentService.ListKeys.ListKeys"),
        ("cloudtrail", "CloudTrail_20131101.NoSuchOperation"),
        ("cloudtrail", "CloudTrail_20131101.CreateTrail"),
        ("logs", "Logs_20140328.DescribeLogGroups"),
        ("secretsmanager", "secretsmanager.ListSecrets"),
        ("nosuchservice", "NoSuch.Thing"),
    ],
)
def test_c05_an_unknown_json_operation(admin, service, target):
    headers = {"X-Amz-Target": target, "Content-Type": raw.JSON_11}
    answer = raw.send(admin, b"{}", raw.sign(admin, service, b"{}", headers))
    assert 400 <= answer.status < 500 and answer.status not in (408, 429)
    assert answer.code in ("UnknownOperationException", "AccessDeniedException", "UnknownServiceException"), answer
    assert answer.headers["content-type"].startswith("application/x-amz-json") and answer.request_id


@pytest.mark.parametrize(
    "service, action",
    [
        ("iam", "NoSuchAction"),
        ("iam", "CreateInstanceProfile"),
        ("iam", "listusers"),
        ("iam", ""),
        ("sts", "GetSessionToken"),
        ("sts", "ListUsers"),
        ("sns", "ListTopics"),
        ("nosuchservice", "Thing"),
    ],
)
def test_c05_an_unknown_query_action(admin, service, action):
    answer = raw.send_form(admin, action, service=service)
    assert 400 <= answer.status < 500 and answer.status not in (408, 429)
    assert answer.code in ("InvalidAction", "MissingAction", "AccessDenied", "UnknownOperationException"), answer
    assert answer.headers["content-type"].startswith("text/xml") and answer.request_id


def test_c05_another_version_of_the_api(admin):
    answer = raw.send_form(admin, "ListUsers", {"Version": "1999-01-01"})
    assert 400 <= answer.status < 500 and answer.code in ("InvalidAction", "NoSuchVersion"), answer


def test_c05_an_operation_of_the_client_that_is_not_offered_is_not_tried_again(admin):
    from rig.refusals import refused

    with refused("UnknownOperationException", status=(400, 404)):
        admin.kms.create_grant(
            KeyId="12345678-1234-4123-8123-123456789012",
            GranteePrincipal=f"arn:aws:iam::{admin.account()}:root",
            Operations=["Decrypt"],
        )
    with refused("InvalidAction", status=(400, 404)):
        admin.iam.list_instance_profiles()


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/"),
        ("GET", "/nothing"),
        ("PUT", "/bucket/key"),
        ("DELETE", "/"),
        ("PATCH", "/health"),
        ("GET", "/_kagiban/nothing"),
        ("OPTIONS", "/"),
    ],
)
def test_c05_unsigned_requests_of_other_kinds(admin, method, path):
    answer = raw.send(admin, b"", {}, method=method, path=path)
    assert 400 <= answer.status < 500, answer


def test_c05_a_client_of_s3_can_read_its_refusal(admin):
    s3 = admin.client("s3")
    calls = (
        s3.list_buckets,
        lambda: s3.list_objects_v2(Bucket="bucket"),
        lambda: s3.put_object(Bucket="bucket", Key="key", Body=b"x"),
    )
    for call in calls:
        with refused("NotImplemented", "not served", status=400):
            call()
    with refused("400", status=400):
        s3.head_bucket(Bucket="bucket")
    done = cli.cli(admin, "s3", "ls")
    assert done.code != 0 and done.error == "NotImplemented", done


@pytest.mark.parametrize(
    "service, operation, code",
    [
        ("lambda", "list_functions", "UnknownOperationException"),
        ("route53", "list_hosted_zones", "UnknownOperationException"),
        ("cloudfront", "list_distributions", "UnknownOperationException"),
        ("ec2", "describe_instances", "InvalidAction"),
        ("sns", "list_topics", "InvalidAction"),
        ("dynamodb", "list_tables", "UnknownOperationException"),
        ("sqs", "list_queues", "UnknownOperationException"),
    ],
)
def test_c05_a_client_of_a_service_that_is_not_served_can_read_its_refusal(admin, service, operation, code):
    with refused(code, status=(400, 404)):
        getattr(admin.client(service), operation)()


# --- C-06: request ids, and nothing else in errors ------------------------------------------


def test_c06_every_answer_has_a_request_id(admin, key):
    good = [
        raw.send_json(admin, "ListKeys", {}),
        raw.send_form(admin, "ListUsers"),
        raw.send_form(admin, "GetCallerIdentity", service="sts"),
    ]
    bad = [
        raw.send_json(admin, "DescribeKey", {"KeyId": "x"}),
        raw.send_form(admin, "GetUser", {"UserName": "nobody-of-that-name"}),
        raw.send_json(admin, "ListKeys", {}, signed=False),
    ]
    assert [a.status for a in good] == [200, 200, 200]
    for answer in good + bad:
        assert re.fullmatch(UUID, answer.request_id), answer
    assert len({a.request_id for a in good + bad}) == 6
    for answer in (good[1], good[2], bad[1]):
        assert f"<RequestId>{answer.request_id}</RequestId>" in answer.body.decode()


def test_c06_an_error_does_not_repeat_what_was_secret(admin, key):
    secret = "VGhpcyBpcyB0aGUgc2VjcmV0IHRleHQ="
    for body in (
        {"KeyId": key["KeyId"], "Plaintext": secret * 400},
        {"KeyId": 5, "Plaintext": secret},
        {"KeyId": key["KeyId"], "Plaintext": secret[:-1] + "!"},
    ):
        answer = raw.send_json(admin, "Encrypt", body)
        assert answer.status == 400 and secret[:20] not in answer.body.decode(), answer
    assert secret[:20] not in admin.server.output()


# --- bodies that are none ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nope",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"5",
        b'{"Limit":1}}',
        b'{"Limit":}',
        b"{'Limit':1}",
        b'{"Limit":1,}',
        b"\xff\xfe{}",
        b'{"Limit":"\xff"}',
        b'{"Limit":1e999}',
        b'{"Limit":1,"Limit":2',
        b"\0",
        b'{"Marker":"\\ud800"}',
    ],
)
def test_not_json(admin, body):
    answer = raw.send_json(admin, "ListKeys", body)
    if body == b"":
        # AWS takes an empty body for an empty object.
        assert answer.status == 200 or answer.code == "SerializationException"
        return
    assert (answer.status, answer.code) == (400, "SerializationException"), answer


@pytest.mark.parametrize(
    "operation, body, member",
    [
        ("DescribeKey", {"KeyId": 5}, "KeyId"),
        ("DescribeKey", {"KeyId": ["x"]}, "KeyId"),
        ("DescribeKey", {"KeyId": {"a": 1}}, "KeyId"),
        ("DescribeKey", {"KeyId": True}, "KeyId"),
        ("ListKeys", {"Limit": "5"}, "Limit"),
        ("ListKeys", {"Limit": 1.5}, "Limit"),
        ("ListKeys", {"Limit": 2**40}, "Limit"),
        ("Encrypt", {"KeyId": "KEY", "Plaintext": "not base64!"}, "Plaintext"),
        ("Encrypt", {"KeyId": "KEY", "Plaintext": 5}, "Plaintext"),
        ("Encrypt", {"KeyId": "KEY", "Plaintext": "eA==", "EncryptionContext": []}, "EncryptionContext"),
        ("Encrypt", {"KeyId": "KEY", "Plaintext": "eA==", "GrantTokens": "x"}, "GrantTokens"),
        ("Encrypt", {"KeyId": "KEY", "Plaintext": "eA==", "DryRun": "perhaps"}, "DryRun"),
        ("TagResource", {"KeyId": "KEY", "Tags": {"TagKey": "a", "TagValue": "b"}}, "Tags"),
        ("TagResource", {"KeyId": "KEY", "Tags": ["a"]}, "Tags"),
        ("CreateKey", {"Tags": [{"TagKey": 1, "TagValue": "b"}]}, "TagKey"),
    ],
)
def test_wrong_types_name_their_member(admin, key, operation, body, member):
    answer = raw.send_json(admin, operation, json.loads(json.dumps(body).replace("KEY", key["KeyId"])))
    assert (answer.status, answer.code) == (400, "SerializationException"), answer
    assert member.lower() in answer.text.lower(), f"the text should name {member}: {answer.text}"


def test_null_is_the_same_as_absent_and_unknown_members_are_passed_over(admin, key):
    answer = raw.send_json(
        admin, "DescribeKey", {"KeyId": key["KeyId"], "GrantTokens": None, "Unheard": {"of": [1, 2]}}
    )
    assert answer.status == 200, answer
    answer = raw.send_json(admin, "DescribeKey", {"KeyId": None})
    assert answer.code == "ValidationException" and "Value null at 'keyId'" in answer.text, answer


@pytest.mark.parametrize(
    "body",
    [
        b'{"EncryptionContext":' * 40_000,
        b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
        b"[" * 1_000_000,
        b'{"Tags":' + b"[" * 500_000 + b"]" * 500_000 + b"}",
        b'{"Tags":[' + b'{"TagKey":"a","TagValue":"b"},' * 30_000 + b"{}]}",
    ],
    ids=["contexts", "objects", "open", "lists", "many"],
)
def test_a_megabyte_of_nesting(admin, body):
    answer = raw.send_json(admin, "CreateKey", body)
    assert 400 <= answer.status < 500, answer
    assert answer.code in (
        "SerializationException",
        "RequestEntityTooLargeException",
        "RequestEntityTooLarge",
        "ValidationException",
        "TagException",
    ), answer
    assert admin.server.health() == 200


def test_a_body_over_the_limit(admin):
    answer = raw.send_json(admin, "ListKeys", b'{"Marker":"' + b"x" * 3_000_000 + b'"}')
    assert answer.status in (400, 413), answer
    assert admin.server.health() == 200


def test_a_form_of_strange_fields(admin):
    for parameters in (
        {"UserName.member.1": "x"},
        {"UserName": "x" * 100_000},
        {f"Tags.member.{i}.Key": "k" for i in range(5000)},
        {"Tags.member.999999999.Key": "k", "UserName": "u"},
    ):
        answer = raw.send_form(admin, "CreateUser", parameters)
        assert 400 <= answer.status < 500 and answer.code, answer
    assert admin.server.health() == 200


# --- HTTP itself ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 5000 + b"\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=[
        "no-host",
        "nonsense",
        "two-lengths",
        "plus-length",
        "length-and-chunked",
        "negative",
        "long-header",
        "many-headers",
        "long-path",
    ],
)
def test_http_that_is_refused(admin, request_bytes):
    answer = raw.send_bytes(admin, request_bytes)
    assert answer == b"" or re.match(rb"HTTP/1\.[01] 4\d\d ", answer), answer[:200]
    assert admin.server.health() == 200


def test_keep_alive(admin):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", admin.server.port, timeout=10)
    for _ in range(5):
        headers = raw.sign(admin, "kms", b"{}", {"X-Amz-Target": "TrentService.ListKeys", "Content-Type": raw.JSON_11})
        connection.request("POST", "/", body=b"{}", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200 and answer.read()
        before = connection.sock
        assert before is not None, "the connection stays open"
    connection.close()


def test_json_of_either_version_and_query(admin):
    for content_type in ("application/x-amz-json-1.1", "application/x-amz-json-1.0"):
        headers = {"X-Amz-Target": "TrentService.ListKeys", "Content-Type": content_type}
        answer = raw.send(admin, b"{}", raw.sign(admin, "kms", b"{}", headers))
        assert answer.status == 200 or answer.code in ("UnknownOperationException", "SerializationException"), answer


@pytest.mark.parametrize(
    "target",
    ["CloudTrail_20131101.LookupEvents", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"],
)
def test_both_names_of_cloudtrail(admin, target):
    assert raw.send_json(admin, target, {"MaxResults": 1}, service="cloudtrail").status == 200


@needs("curl")
def test_http2_by_prior_knowledge(admin):
    curl = subprocess.run(["curl", "--version"], capture_output=True, text=True).stdout
    if "HTTP2" not in curl:
        pytest.skip("this curl speaks no HTTP/2")
    headers = raw.sign(
        admin, "kms", b'{"Limit":1}', {"X-Amz-Target": "TrentService.ListKeys", "Content-Type": raw.JSON_11}
    )
    arguments = [f"-H{name}: {value}" for name, value in headers.items() if name.lower() != "content-length"]
    done = subprocess.run(
        [
            "curl",
            "-sS",
            "--max-time",
            "20",
            "--http2-prior-knowledge",
            "-w",
            "\n%{http_version} %{http_code}",
            "-X",
            "POST",
            "-d",
            '{"Limit":1}',
            *arguments,
            admin.server.url + "/",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    body, _, told = done.stdout.rpartition("\n")
    assert told == "2 200", done.stdout
    assert "Keys" in json.loads(body)


@needs("openssl")
def test_tls_with_a_certificate_of_ones_own(make_server, certificate):
    crt, key = certificate
    server = make_server(
        "tls", flags=("--tls-certificate-file", str(crt), "--tls-key-file", str(key)), scheme="https", cafile=str(crt)
    )
    admin = administrator(server)
    made = admin.kms.create_key()["KeyMetadata"]
    assert cli.cli(admin, "kms", "describe-key", "--key-id", made["KeyId"]).json()["KeyMetadata"]["Arn"] == made["Arn"]
    plain = Server(server.folder, scheme="http")
    plain.port = server.port
    try:
        status = plain.health()
    except http.client.HTTPException:
        status = None  # what comes back is an alert of TLS, and no HTTP
    assert status is None or status >= 400, "no plain answer on the TLS port"


@needs("openssl")
def test_the_host_on_the_trail_is_the_one_that_was_signed(make_server, certificate):
    crt, key = certificate
    flags = ("--tls-certificate-file", str(crt), "--tls-key-file", str(key))
    server = make_server("tls-host", flags=flags, scheme="https", cafile=str(crt))
    admin = administrator(server)
    body = b"{}"
    headers = {"X-Amz-Target": "TrentService.ListAliases", "Content-Type": raw.JSON_11}
    # Said aloud, since http.client would take the host of the URI.
    signed = raw.sign(admin, "kms", body, headers) | {"Host": f"127.0.0.1:{server.port}"}
    # The host of an absolute URI is covered by no signature; the header `Host` is.
    assert raw.send(admin, body, signed, path="https://elsewhere.example/").status == 200
    names = [{"AttributeKey": "EventName", "AttributeValue": "ListAliases"}]
    found = wait_for(lambda: admin.cloudtrail.lookup_events(LookupAttributes=names)["Events"])
    told = json.loads(found[0]["CloudTrailEvent"])["tlsDetails"]["clientProvidedHostHeader"]
    assert told == f"127.0.0.1:{server.port}"


@needs("openssl")
@pytest.mark.parametrize("version, accepted", [("-tls1_3", True), ("-tls1_2", True), ("-tls1_1", False)])
def test_tls_versions(make_server, certificate, version, accepted):
    crt, key = certificate
    server = make_server(
        "tls", flags=("--tls-certificate-file", str(crt), "--tls-key-file", str(key)), scheme="https", cafile=str(crt)
    )
    done = subprocess.run(
        [
            "openssl",
            "s_client",
            "-connect",
            f"127.0.0.1:{server.port}",
            version,
            "-CAfile",
            str(crt),
            "-cipher",
            "ALL:@SECLEVEL=0",
            "-verify_return_error",
        ],
        input=b"",
        capture_output=True,
        timeout=20,
    )
    assert (done.returncode == 0) is accepted, done.stderr.decode()
