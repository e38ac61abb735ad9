"""Roles and the sessions that are had of them: K-11 to K-14 by roles, who may be in one, what a session may, and when it ends."""

import json
import time
import urllib.parse

import boto3
import pytest

from rig.clients import Caller, clock_off_by, make_user, move_on, owner_statement, policy, put_policy, statement, unique
from rig.refusals import refused

DECRYPT = ["kms:Encrypt", "kms:Decrypt"]


def trust(*who: str, **more) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}
                | {"Principal": {"AWS": list(who)}}
                | more
            ],
        }
    )


def root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def make_role(admin, trusted: str, *statements: dict, **more) -> dict:
    name = unique("role")
    role = admin.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, **more)["Role"]
    if statements:
        admin.iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=policy(*statements))
    return role


def assume(caller, role: dict, session: str = "build", **more) -> Caller:
    answer = caller.sts.assume_role(RoleArn=role["Arn"], RoleSessionName=session, **more)
    given = answer["Credentials"]
    own = Caller(
        caller.server, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], arn=answer["AssumedRoleUser"]["Arn"]
    )
    own.answer = answer
    return own


@pytest.fixture
def blob(admin, key) -> bytes:
    return admin.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"customer list")["CiphertextBlob"]


def decrypt(caller, blob, **more):
    return caller.kms.decrypt(CiphertextBlob=blob, **more)["Plaintext"]


def test_the_life_of_a_role(admin, account):
    name, document = unique("App"), trust(root(account))
    made = admin.iam.create_role(
        RoleName=name, Path="/team/", AssumeRolePolicyDocument=document, Description="d", Tags=[{"Key": "a", "Value": "b"}]
    )["Role"]
    assert made["Arn"] == f"arn:aws:iam::{account}:role/team/{name}" and made["RoleId"].startswith("AROA")
    assert made["AssumeRolePolicyDocument"] == json.loads(document) and made["MaxSessionDuration"] == 3600
    shown = admin.iam.get_role(RoleName=name)["Role"]
    assert shown == made and shown["Tags"] == [{"Key": "a", "Value": "b"}]
    assert [role["RoleName"] for role in admin.iam.list_roles(PathPrefix="/team/")["Roles"]] == [name]
    with refused("EntityAlreadyExists", f"^Role with name {name} already exists.$", status=409):
        admin.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    admin.iam.update_role(RoleName=name, Description="other", MaxSessionDuration=7200)
    shown = admin.iam.get_role(RoleName=name)["Role"]
    assert (shown["Description"], shown["MaxSessionDuration"]) == ("other", 7200)
    admin.iam.tag_role(RoleName=name, Tags=[{"Key": "A", "Value": "c"}, {"Key": "x", "Value": ""}])
    tags = admin.iam.list_role_tags(RoleName=name)["Tags"]
    assert tags == [{"Key": "A", "Value": "c"}, {"Key": "x", "Value": ""}]
    admin.iam.untag_role(RoleName=name, TagKeys=["a"])
    assert admin.iam.list_role_tags(RoleName=name)["Tags"] == [{"Key": "x", "Value": ""}]
    admin.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(statement("Allow", "kms:*")))
    admin.iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    assert admin.iam.list_role_policies(RoleName=name)["PolicyNames"] == ["p"]
    assert admin.iam.get_role_policy(RoleName=name, PolicyName="p")["PolicyDocument"]["Statement"][0]["Action"] == "kms:*"
    attached = admin.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [one["PolicyName"] for one in attached] == ["AdministratorAccess"]
    assert admin.iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"] == []
    with refused("DeleteConflict", "^Cannot delete entity, must delete policies first.$", status=409):
        admin.iam.delete_role(RoleName=name)
    admin.iam.delete_role_policy(RoleName=name, PolicyName="p")
    with refused("DeleteConflict", "^Cannot delete entity, must detach all policies first.$", status=409):
        admin.iam.delete_role(RoleName=name)
    admin.iam.detach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    admin.iam.delete_role(RoleName=name)
    with refused("NoSuchEntity", f"^The role with name {name} cannot be found.$", status=404):
        admin.iam.get_role(RoleName=name)


def test_trust_policies_are_looked_at(admin, account):
    def create(document):
        admin.iam.create_role(RoleName=unique("role"), AssumeRolePolicyDocument=document)

    with refused("MalformedPolicyDocument", status=400):
        create("{}")
    with refused("MalformedPolicyDocument", status=400):
        create(policy(statement("Allow", "sts:AssumeRole")))
    nobody = f"arn:aws:iam::{account}:user/nobody"
    with refused("MalformedPolicyDocument", f'^Invalid principal in policy: "AWS":"{nobody}"$', status=400):
        create(trust(nobody))
    role = make_role(admin, trust(root(account)))
    with refused("MalformedPolicyDocument", status=400):
        admin.iam.update_assume_role_policy(RoleName=role["RoleName"], PolicyDocument=trust(nobody))


def test_k11_to_k14_by_roles(admin, account, key, blob):
    in_iam = make_role(admin, trust(root(account)), statement("Allow", DECRYPT, key["Arn"]))
    named, neither = make_role(admin, trust(root(account))), make_role(admin, trust(root(account)))
    put_policy(
        admin, key["KeyId"], owner_statement(account), statement("Allow", "kms:Decrypt", Principal={"AWS": named["Arn"]})
    )
    own = assume(admin, in_iam)
    assert decrypt(own, blob) == b"customer list"
    assert decrypt(assume(admin, named), blob) == b"customer list"
    stranger = assume(admin, neither)
    text = f"^User: {stranger.arn} is not authorized to perform: kms:Decrypt on resource: {key['Arn']} because no identity-based"
    with refused("AccessDeniedException", text, status=400):
        decrypt(stranger, blob, KeyId=key["Arn"])
    # The key's policy no longer trusts the account, but names the role and whoever mends it.
    keeper = make_user(admin)
    put_policy(
        admin,
        key["KeyId"],
        statement("Allow", "kms:Decrypt", Principal={"AWS": named["Arn"]}),
        statement("Allow", "kms:*", Principal={"AWS": [keeper.arn, f"arn:aws:iam::{account}:user/administrator"]}),
    )
    with refused("AccessDeniedException", "because no resource-based policy allows the kms:Decrypt action$"):
        decrypt(own, blob, KeyId=key["Arn"])
    assert decrypt(assume(admin, named), blob) == b"customer list"
    admin.iam.put_role_policy(
        RoleName=named["RoleName"], PolicyName="no", PolicyDocument=policy(statement("Deny", "kms:Decrypt"))
    )
    with refused("AccessDeniedException", "with an explicit deny in an identity-based policy"):
        decrypt(assume(admin, named), blob, KeyId=key["Arn"])


def test_who_may_be_in_a_role(admin, account):
    role = make_role(admin, trust(root(account)))
    user = make_user(admin)
    denial = f"^User: {user.arn} is not authorized to perform: sts:AssumeRole on resource: {role['Arn']}"
    with refused("AccessDenied", denial, status=403):
        assume(user, role)
    # Trust in the account is delegation; trust in the user is enough.
    admin.iam.put_user_policy(
        UserName=user.name, PolicyName="may", PolicyDocument=policy(statement("Allow", "sts:AssumeRole", role["Arn"]))
    )
    assert assume(user, role).sts.get_caller_identity()["Arn"] == f"arn:aws:sts::{account}:assumed-role/{role['RoleName']}/build"
    other = make_user(admin)
    admin.iam.update_assume_role_policy(RoleName=role["RoleName"], PolicyDocument=trust(other.arn))
    assert assume(other, role)
    with refused("AccessDenied", status=403):
        assume(user, role)
    missing = {"Arn": f"arn:aws:iam::{account}:role/nowhere"}
    with refused("AccessDenied", "is not authorized to perform: sts:AssumeRole on resource: ", status=403):
        assume(admin, missing)
    with refused("ValidationError", status=400):
        admin.sts.assume_role(RoleArn="arn:aws:iam::1:nonsense-that-is-no-arn", RoleSessionName="build")
    # A user who comes again under the name is another one.
    admin.iam.delete_access_key(UserName=other.name, AccessKeyId=other.access_key)
    admin.iam.delete_user(UserName=other.name)
    document = admin.iam.get_role(RoleName=role["RoleName"])["Role"]["AssumeRolePolicyDocument"]
    assert document["Statement"][0]["Principal"]["AWS"][0].startswith("AIDA")
    admin.iam.create_user(UserName=other.name)
    key = admin.iam.create_access_key(UserName=other.name)["AccessKey"]
    with refused("AccessDenied", status=403):
        assume(Caller(admin.server, key["AccessKeyId"], key["SecretAccessKey"]), role)


def test_conditions_of_a_trust_policy(admin, account):
    role = make_role(admin, trust(root(account), Condition={"StringEquals": {"sts:ExternalId": "pass-123"}}))
    for wrong in ({}, {"ExternalId": "pass-124"}):
        with refused("AccessDenied", status=403):
            assume(admin, role, **wrong)
    assert assume(admin, role, ExternalId="pass-123")
    role = make_role(admin, trust(root(account), Condition={"StringLike": {"sts:RoleSessionName": "${aws:username}-*"}}))
    assert assume(admin, role, "administrator-1")
    with refused("AccessDenied", status=403):
        assume(admin, role, "other-1")


def test_a_session_policy_only_limits(admin, account, key, blob):
    role = make_role(admin, trust(root(account)), statement("Allow", "kms:*", key["Arn"]))
    limited = assume(admin, role, Policy=policy(statement("Allow", "kms:Encrypt")))
    assert limited.answer["PackedPolicySize"] >= 1
    assert limited.kms.encrypt(KeyId=key["Arn"], Plaintext=b"x")
    with refused("AccessDeniedException", "because no session policy allows the kms:Decrypt action"):
        decrypt(limited, blob, KeyId=key["Arn"])
    wide = assume(admin, role, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}])
    assert decrypt(wide, blob) == b"customer list"
    with refused("AccessDenied", status=403):
        wide.iam.list_users()
    with refused("MalformedPolicyDocument", status=400):
        assume(admin, role, Policy="{}")


def test_tags_of_a_session_and_what_a_chain_hands_on(admin, account, key, blob):
    tagged = statement("Allow", "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
    second = make_role(admin, trust(root(account)), tagged)
    first = make_role(admin, trust(root(account)), statement("Allow", "sts:*"), Tags=[{"Key": "team", "Value": "red"}])
    blue = [{"Key": "team", "Value": "blue"}]
    chained = assume(assume(admin, first, Tags=blue, TransitiveTagKeys=["team"]), second)
    assert decrypt(chained, blob, KeyId=key["Arn"]) == b"customer list"
    with refused("AccessDeniedException"):
        decrypt(assume(assume(admin, first, Tags=blue), second), blob, KeyId=key["Arn"])
    with refused("ValidationError", "1 hour session limit for roles assumed by role chaining", status=400):
        assume(assume(admin, first), second, DurationSeconds=3601)
    with refused("ValidationError", "must be included in the requested tags", status=400):
        assume(admin, first, TransitiveTagKeys=["team"])
    named = assume(admin, first, SourceIdentity="alice")
    assert assume(named, second).answer["SourceIdentity"] == "alice"
    with refused("AccessDenied", status=403):
        assume(named, second, SourceIdentity="bob")


def test_how_long_a_session_lasts(clocked):
    admin = clocked
    account = admin.account()
    role = make_role(admin, trust(root(account)), statement("Allow", "kms:ListKeys"), MaxSessionDuration=7200)
    with refused("ValidationError", "exceeds the MaxSessionDuration set for this role", status=400):
        assume(admin, role, DurationSeconds=7201)
    with refused("ValidationError", status=400):
        admin.client("sts", loose=True).assume_role(RoleArn=role["Arn"], RoleSessionName="build", DurationSeconds=899)
    short, long = assume(admin, role, DurationSeconds=900), assume(admin, role, DurationSeconds=7200)
    lasts = long.answer["Credentials"]["Expiration"].timestamp() - time.time()
    assert 7100 < lasts <= 7200
    assert short.kms.list_keys() and long.kms.list_keys()
    move_on(admin, 901)
    with clock_off_by(901):
        with refused("ExpiredTokenException", "^The security token included in the request is expired$", status=400):
            short.kms.list_keys()
        with refused("ExpiredToken", "^The security token included in the request is expired$", status=403):
            short.sts.get_caller_identity()
        assert long.kms.list_keys()


def test_a_session_ends_with_its_role_and_its_token_is_part_of_it(admin, account):
    role = make_role(admin, trust(root(account)), statement("Allow", "kms:ListKeys"))
    own = assume(admin, role)
    assert own.access_key.startswith("ASIA") and own.kms.list_keys()
    for token in (None, own.token[:-1] + ("A" if own.token[-1] != "A" else "B"), assume(admin, role).token):
        with refused("UnrecognizedClientException", status=400):
            own.but(token=token).kms.list_keys()
    with refused("InvalidSignatureException", status=400):
        own.but(secret_key="x" * 40).kms.list_keys()
    admin.iam.delete_role_policy(RoleName=role["RoleName"], PolicyName="inline")
    with refused("AccessDeniedException", status=400):
        own.kms.list_keys()
    admin.iam.delete_role(RoleName=role["RoleName"])
    with refused("UnrecognizedClientException", status=400):
        own.kms.list_keys()
    again = admin.iam.create_role(RoleName=role["RoleName"], AssumeRolePolicyDocument=trust(root(account)))["Role"]
    assert again["RoleId"] != role["RoleId"]
    with refused("UnrecognizedClientException", status=400):
        own.kms.list_keys()


def test_what_conditions_know_of_a_session(admin, account, key, blob):
    def role(**condition):
        return make_role(admin, trust(root(account)), statement("Allow", "kms:Decrypt", Condition=condition))

    past, future = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"
    assert decrypt(assume(admin, role(DateGreaterThan={"aws:TokenIssueTime": past})), blob)
    with refused("AccessDeniedException"):
        decrypt(assume(admin, role(DateGreaterThan={"aws:TokenIssueTime": future})), blob)
    # With a session it is there, and false; with a user's own key it is absent.
    assert decrypt(assume(admin, role(Bool={"aws:MultiFactorAuthPresent": "false"})), blob)
    user = make_user(admin, statement("Allow", "kms:Decrypt", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}))
    with refused("AccessDeniedException"):
        decrypt(user, blob)
    there = role()
    admin.iam.put_role_policy(
        RoleName=there["RoleName"],
        PolicyName="inline",
        PolicyDocument=policy(statement("Allow", "kms:Decrypt", Condition={"ArnEquals": {"aws:PrincipalArn": there["Arn"]}})),
    )
    assert decrypt(assume(admin, there), blob)


def test_the_trail_tells_of_the_session_and_its_role(admin, account, blob):
    role = make_role(admin, trust(root(account)), statement("Allow", "kms:Decrypt"), Path="/team/")
    name = unique("session")
    own = assume(admin, role, name, SourceIdentity="alice")
    decrypt(own, blob)
    deadline = time.monotonic() + 20
    while not (found := admin.cloudtrail.lookup_events(LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": name}])["Events"]):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    (event,) = found
    record = json.loads(event["CloudTrailEvent"])
    identity = record["userIdentity"]
    assert (event["EventName"], identity["type"], identity["accessKeyId"]) == ("Decrypt", "AssumedRole", own.access_key)
    assert identity["principalId"] == f"{role['RoleId']}:{name}" and identity["arn"] == own.arn
    context = identity["sessionContext"]
    assert context["sessionIssuer"] == {
        "type": "Role",
        "principalId": role["RoleId"],
        "arn": role["Arn"],
        "accountId": account,
        "userName": role["RoleName"],
    }
    assert context["attributes"]["mfaAuthenticated"] == "false" and context["sourceIdentity"] == "alice"


def test_a_role_is_assumed_by_the_sdk_itself(admin, account, key, blob):
    """As a profile with `role_arn` does it: the SDK calls AssumeRole and signs with what it got."""
    role = make_role(admin, trust(root(account)), statement("Allow", "kms:Decrypt"))
    from botocore.credentials import AssumeRoleCredentialFetcher

    base = boto3.session.Session(admin.access_key, admin.secret_key, region_name=admin.region)
    create = lambda *args, **more: base.client(*args, **more, endpoint_url=admin.server.url)  # noqa: E731
    fetcher = AssumeRoleCredentialFetcher(create, base._session.get_credentials(), role["Arn"])
    got = fetcher.fetch_credentials()
    own = Caller(admin.server, got["access_key"], got["secret_key"], got["token"])
    assert decrypt(own, blob) == b"customer list"
    assert urllib.parse.quote(role["RoleName"]) in own.sts.get_caller_identity()["Arn"]
