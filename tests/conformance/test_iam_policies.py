"""IAM's policies: inline ones, the managed AdministratorAccess, documents that are refused; changes count at once."""

import json
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

import pytest

from rig import raw
from rig.clients import make_user, policy, statement, unique
from rig.refusals import refused

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
ANY = policy(statement("Allow", "kms:*"))


@pytest.fixture
def user(admin):
    return make_user(admin)


def test_the_life_of_an_inline_policy(admin, user):
    admin.iam.put_user_policy(UserName=user.name, PolicyName="first", PolicyDocument=ANY)
    got = admin.iam.get_user_policy(UserName=user.name, PolicyName="first")
    assert (got["UserName"], got["PolicyName"], got["PolicyDocument"]) == (user.name, "first", json.loads(ANY))
    other = policy(statement("Deny", "kms:*"))
    admin.iam.put_user_policy(UserName=user.name, PolicyName="first", PolicyDocument=other)
    assert admin.iam.get_user_policy(UserName=user.name, PolicyName="first")["PolicyDocument"] == json.loads(other)
    admin.iam.put_user_policy(UserName=user.name, PolicyName="second", PolicyDocument=ANY)
    assert sorted(admin.iam.list_user_policies(UserName=user.name)["PolicyNames"]) == ["first", "second"]
    admin.iam.delete_user_policy(UserName=user.name, PolicyName="first")
    assert admin.iam.list_user_policies(UserName=user.name)["PolicyNames"] == ["second"]
    for call in (admin.iam.get_user_policy, admin.iam.delete_user_policy):
        with refused("NoSuchEntity", "^The user policy with name first cannot be found.$", status=404):
            call(UserName=user.name, PolicyName="first")
    with refused("NoSuchEntity", "^The user with name nobody-of-that-name cannot be found.$", status=404):
        admin.iam.put_user_policy(UserName="nobody-of-that-name", PolicyName="p", PolicyDocument=ANY)


def test_documents_come_back_percent_encoded_and_byte_for_byte(admin, user):
    spaced = json.dumps(statement("Allow", "kms:ListKeys", Sid="Blank1"), indent=3)
    document = '{\n  "Version" : "2012-10-17",\n\t"Statement":' + spaced + "\n}"
    admin.iam.put_user_policy(UserName=user.name, PolicyName="shaped", PolicyDocument=document)
    body = raw.send_form(admin, "GetUserPolicy", {"UserName": user.name, "PolicyName": "shaped"}).body
    encoded = next(e.text for e in ElementTree.fromstring(body).iter() if e.tag.endswith("PolicyDocument"))
    assert urllib.parse.unquote(encoded) == document
    assert re.fullmatch(r"([A-Za-z0-9_.~*-]|%[0-9A-F]{2})+", encoded), f"RFC 3986, nothing else: {encoded}"
    assert user.kms.list_keys(Limit=1), "a single statement may be an object"


@pytest.mark.parametrize(
    "document",
    [
        "nope",
        "[]",
        '"text"',
        "{}",
        '{"Version":"2012-10-17"}',
        '{"Version":"2012-10-17","Statement":[]}',
        policy({"Effect": "Allow", "Action": "kms:*"}),
        policy({"Effect": "Allow", "Resource": "*"}),
        policy({"Action": "kms:*", "Resource": "*"}),
        policy(statement("allow", "kms:*")),
        policy(statement("Permit", "kms:*")),
        policy(statement("Allow", "ListKeys")),
        policy(statement("Allow", "kms:*", "nonsense")),
        policy(statement("Allow", "kms:*", Principal="*")),
        policy(statement("Allow", "kms:*", NotAction="iam:*")),
        policy(statement("Allow", "kms:*", Condition={"NoSuchOperator": {"aws:username": "x"}})),
        policy(statement("Allow", "kms:*", Condition=[])),
        policy(statement("Allow", "kms:*", Unheard="of")),
        policy(statement("Allow", "kms:*", Sid="with blank")),
        policy(statement("Allow", "kms:*", Sid="one"), statement("Allow", "iam:*", Sid="one")),
        '{"Version":"2013-01-01","Statement":[]}',
        ANY + "x",
        ANY[:-1],
        '{"Version":"2012-10-17","Version":"2012-10-17",' + ANY[1:],
    ],
)
def test_documents_that_are_refused(admin, user, document):
    with refused("MalformedPolicyDocument", status=400):
        admin.iam.put_user_policy(UserName=user.name, PolicyName="bad", PolicyDocument=document)
    assert admin.iam.list_user_policies(UserName=user.name)["PolicyNames"] == []


def test_the_size_of_a_users_policies(admin, user):
    fits = sized(2048)
    admin.iam.put_user_policy(UserName=user.name, PolicyName="whole", PolicyDocument=fits.replace(",", ",\n    "))
    with refused("LimitExceeded", f"^Maximum policy size of 2048 bytes exceeded for user {user.name}$", status=409):
        admin.iam.put_user_policy(UserName=user.name, PolicyName="more", PolicyDocument=ANY)
    with refused("LimitExceeded", status=409):
        admin.iam.put_user_policy(UserName=user.name, PolicyName="whole", PolicyDocument=sized(2049))
    assert admin.iam.get_user_policy(UserName=user.name, PolicyName="whole")["PolicyDocument"] == json.loads(fits)
    with refused(
        "ValidationError",
        "(?i)'policyDocument' failed to satisfy constraint: Member must have length less than or equal to 131072",
        status=400,
    ):
        admin.iam.put_user_policy(UserName=user.name, PolicyName="huge", PolicyDocument=sized(131_073))


def test_nesting_in_a_document(admin, user):
    for document in (
        "[" * 60_000,
        '{"Statement":' * 6000,
        '{"Version":"2012-10-17","Statement":' + "[" * 50_000 + "]" * 50_000 + "}",
    ):
        with refused("MalformedPolicyDocument", status=400):
            admin.iam.put_user_policy(UserName=user.name, PolicyName="deep", PolicyDocument=document)
    assert admin.server.health() == 200


@pytest.mark.parametrize("name", ["with blank", "a/b", "x" * 129, ""])
def test_names_that_are_none(admin, user, name):
    with refused("ValidationError", "(?i)policyName", status=400):
        admin.loose_iam.put_user_policy(UserName=user.name, PolicyName=name, PolicyDocument=ANY)


def test_inline_policies_in_pages(admin, user):
    names = [f"p{i}" for i in range(5)]
    for name in names:
        admin.iam.put_user_policy(
            UserName=user.name, PolicyName=name, PolicyDocument=policy(statement("Allow", "kms:ListKeys"))
        )
    seen, marker = [], {}
    while True:
        page = admin.iam.list_user_policies(UserName=user.name, MaxItems=2, **marker)
        seen += page["PolicyNames"]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert sorted(seen) == names


def test_administrator_access_is_there(admin):
    managed = admin.iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]
    assert (managed["PolicyName"], managed["Arn"], managed["Path"]) == ("AdministratorAccess", ADMINISTRATOR, "/")
    version = admin.iam.get_policy_version(PolicyArn=ADMINISTRATOR, VersionId=managed["DefaultVersionId"])[
        "PolicyVersion"
    ]
    assert version["IsDefaultVersion"] is True
    assert version["Document"]["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    with refused("NoSuchEntity", status=404):
        admin.iam.get_policy_version(PolicyArn=ADMINISTRATOR, VersionId="v999")
    for call in (
        admin.iam.get_policy,
        lambda PolicyArn: admin.iam.get_policy_version(PolicyArn=PolicyArn, VersionId="v1"),
    ):
        with refused("NoSuchEntity", status=404):
            call(PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")
    with refused("ValidationError|InvalidInput", "(?i)arn", status=400):
        admin.loose_iam.get_policy(PolicyArn="nonsense-that-is-no-arn")


def test_attach_and_detach(admin, user):
    before = admin.iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]["AttachmentCount"]
    for _ in range(2):
        admin.iam.attach_user_policy(UserName=user.name, PolicyArn=ADMINISTRATOR)
    assert admin.iam.list_attached_user_policies(UserName=user.name)["AttachedPolicies"] == [
        {"PolicyName": "AdministratorAccess", "PolicyArn": ADMINISTRATOR}
    ]
    assert admin.iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]["AttachmentCount"] == before + 1
    assert user.iam.list_users()["Users"], "a change counts at once"
    admin.iam.detach_user_policy(UserName=user.name, PolicyArn=ADMINISTRATOR)
    with refused("AccessDenied", status=403):
        user.iam.list_users()
    assert admin.iam.list_attached_user_policies(UserName=user.name)["AttachedPolicies"] == []
    with refused("NoSuchEntity", f"^Policy {re.escape(ADMINISTRATOR)} was not found.$", status=404):
        admin.iam.detach_user_policy(UserName=user.name, PolicyArn=ADMINISTRATOR)
    with refused("NoSuchEntity", "NoSuchPolicy", status=404):
        admin.iam.attach_user_policy(UserName=user.name, PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")
    with refused("NoSuchEntity", "user with name nobody", status=404):
        admin.iam.attach_user_policy(UserName="nobody-of-that-name", PolicyArn=ADMINISTRATOR)
    assert admin.iam.list_attached_user_policies(UserName=user.name, PathPrefix="/nowhere/")["AttachedPolicies"] == []


def test_changes_count_at_once(admin, user, key):
    for _ in range(10):
        with refused("AccessDeniedException"):
            user.kms.describe_key(KeyId=key["KeyId"])
        admin.iam.put_user_policy(
            UserName=user.name,
            PolicyName="now",
            PolicyDocument=policy(statement("Allow", "kms:DescribeKey", key["Arn"])),
        )
        assert user.kms.describe_key(KeyId=key["KeyId"])
        admin.iam.delete_user_policy(UserName=user.name, PolicyName="now")


def test_a_name_cannot_be_a_wildcard_in_a_variable(admin, account):
    """`${aws:username}` is replaced literally: a user called after a pattern matches no one else."""
    rule = statement("Allow", "iam:GetUser", f"arn:aws:iam::{account}:user/${{aws:username}}")
    user, other = make_user(admin, rule), make_user(admin, rule)
    assert user.iam.get_user(UserName=user.name)["User"]["UserName"] == user.name
    with refused("AccessDenied", status=403):
        user.iam.get_user(UserName=other.name)


def test_not_action_and_not_resource(admin, key):
    other = admin.kms.create_key()["KeyMetadata"]
    user = make_user(
        admin,
        {"Effect": "Allow", "NotAction": ["iam:*", "kms:Decrypt"], "NotResource": other["Arn"]},
    )
    assert user.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    with refused("AccessDeniedException"):
        user.kms.encrypt(KeyId=other["KeyId"], Plaintext=b"x")
    with refused("AccessDenied"):
        user.iam.list_users()


@pytest.mark.parametrize(
    "condition, allowed",
    [
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
        ({"NumericGreaterThan": {"aws:EpochTime": "1500000000"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "ap-northeast-1"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, False),
        ({"Bool": {"aws:SecureTransport": "false"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"Null": {"aws:TokenIssueTime": "true"}}, True),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}, False),
        ({"StringEquals": {"AWS:PRINCIPALTYPE": "User"}}, True),
        ({"StringEqualsIgnoreCase": {"aws:principaltype": "USER"}}, True),
        ({"StringNotEquals": {"aws:nothing": "x"}}, True),
    ],
)
def test_conditions_of_every_call(admin, key, condition, allowed):
    user = make_user(admin, statement("Allow", "kms:DescribeKey", Condition=condition))
    if allowed:
        assert user.kms.describe_key(KeyId=key["KeyId"])
    else:
        with refused("AccessDeniedException"):
            user.kms.describe_key(KeyId=key["KeyId"])


def sized(size: int) -> str:
    """A valid document of `size` characters that are not white space."""

    def made(pad: int) -> str:
        return json.dumps(
            {"Version": "2012-10-17", "Statement": [statement("Allow", "kms:ListKeys", Sid="x" * pad)]},
            separators=(",", ":"),
        )

    return made(size - len(made(0)))


def test_unique_names_are_unique():
    assert unique("a") != unique("a")
