"""Managed policies of the customer: their versions, who has them, and that a change counts for the next request (P-13)."""

import json

import pytest

from rig.clients import make_user, policy, statement, unique
from rig.refusals import refused
from test_roles import assume, make_role, root, trust


@pytest.fixture
def two_keys(admin) -> tuple[str, str]:
    return tuple(admin.kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))


def create(admin, *statements: dict, **more) -> dict:
    return admin.iam.create_policy(PolicyName=unique("policy"), PolicyDocument=policy(*statements), **more)["Policy"]


def test_p13_narrowing_by_a_new_version(admin, account, two_keys):
    own, other = two_keys
    made = create(admin, statement("Allow", "kms:Encrypt"), Path="/kms/", Description="d", Tags=[{"Key": "a", "Value": "b"}])
    arn = made["Arn"]
    assert arn == f"arn:aws:iam::{account}:policy/kms/{made['PolicyName']}" and made["PolicyId"].startswith("ANPA")
    assert (made["DefaultVersionId"], made["AttachmentCount"], made["IsAttachable"]) == ("v1", 0, True)
    user = make_user(admin)
    role = make_role(admin, trust(root(account)))
    admin.iam.attach_user_policy(UserName=user.name, PolicyArn=arn)
    admin.iam.attach_role_policy(RoleName=role["RoleName"], PolicyArn=arn)
    session = assume(admin, role)
    for caller in (user, session):
        for key in two_keys:
            assert caller.kms.encrypt(KeyId=key, Plaintext=b"x")
    # Found, as one finds it by hand: the account's own, by a word of the name; `*` is seen in it.
    listed = [one for page in admin.iam.get_paginator("list_policies").paginate(Scope="Local") for one in page["Policies"]]
    assert arn in [one["Arn"] for one in listed] and not any(":aws:policy/" in one["Arn"] for one in listed)
    shown = admin.iam.get_policy(PolicyArn=arn)["Policy"]
    assert (shown["AttachmentCount"], shown["Description"], shown["Tags"]) == (2, "d", [{"Key": "a", "Value": "b"}])
    version = admin.iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert version["Document"]["Statement"][0]["Resource"] == "*" and version["IsDefaultVersion"]
    entities = admin.iam.list_entities_for_policy(PolicyArn=arn)
    assert [one["UserName"] for one in entities["PolicyUsers"]] == [user.name]
    assert [one["RoleName"] for one in entities["PolicyRoles"]] == [role["RoleName"]]
    # Narrowed: the other key is denied with the next request, to the session too.
    narrow = policy(statement("Allow", "kms:Encrypt", own))
    assert admin.iam.create_policy_version(PolicyArn=arn, PolicyDocument=narrow, SetAsDefault=True)["PolicyVersion"]["VersionId"] == "v2"
    for caller in (user, session):
        assert caller.kms.encrypt(KeyId=own, Plaintext=b"x")
        with refused("AccessDeniedException", "no identity-based policy allows the kms:Encrypt action"):
            caller.kms.encrypt(KeyId=other, Plaintext=b"x")
    with refused("DeleteConflict", "^Cannot delete the default version of a policy.$", status=409):
        admin.iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    # A version that is not the default one changes nothing.
    admin.iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(statement("Allow", "kms:*")))
    with refused("AccessDeniedException"):
        user.kms.encrypt(KeyId=other, Plaintext=b"x")
    admin.iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    assert user.kms.encrypt(KeyId=other, Plaintext=b"x")
    with refused("DeleteConflict", "attached to entities", status=409):
        admin.iam.delete_policy(PolicyArn=arn)
    admin.iam.detach_user_policy(UserName=user.name, PolicyArn=arn)
    with refused("AccessDeniedException"):
        user.kms.encrypt(KeyId=own, Plaintext=b"x")
    admin.iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=arn)
    with refused("DeleteConflict", "has more than one version", status=409):
        admin.iam.delete_policy(PolicyArn=arn)
    for number in (2, 3):
        admin.iam.delete_policy_version(PolicyArn=arn, VersionId=f"v{number}")
    again = admin.iam.create_policy_version(PolicyArn=arn, PolicyDocument=narrow)["PolicyVersion"]
    assert again["VersionId"] == "v4", "a number never comes again"
    admin.iam.delete_policy_version(PolicyArn=arn, VersionId="v4")
    admin.iam.delete_policy(PolicyArn=arn)
    with refused("NoSuchEntity", f"^Policy {arn} was not found.$", status=404):
        admin.iam.get_policy(PolicyArn=arn)


def test_five_versions_and_no_more(admin):
    arn = create(admin, statement("Allow", "kms:ListKeys"))["Arn"]
    document = policy(statement("Allow", "kms:ListKeys"))
    for _ in range(4):
        admin.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document)
    with refused("LimitExceeded", "can have up to 5 versions", status=409):
        admin.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document)
    listed = [one["VersionId"] for one in admin.iam.list_policy_versions(PolicyArn=arn)["Versions"]]
    assert listed == ["v5", "v4", "v3", "v2", "v1"]
    pages = admin.iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn, PaginationConfig={"PageSize": 2})
    assert [one["VersionId"] for page in pages for one in page["Versions"]] == listed


def test_what_is_no_policy_and_what_is_awss_own(admin):
    with refused("MalformedPolicyDocument", status=400):
        create_text = json.dumps({"Version": "2008-10-17", "Statement": [statement("Allow", "kms:ListKeys")]})
        admin.iam.create_policy(PolicyName=unique("policy"), PolicyDocument=create_text)
    name = create(admin, statement("Allow", "kms:ListKeys"))["PolicyName"]
    with refused("EntityAlreadyExists", f"^A policy called {name.upper()} already exists. Duplicate names are not allowed.$"):
        admin.iam.create_policy(PolicyName=name.upper(), PolicyDocument=policy(statement("Allow", "kms:ListKeys")))
    aws = "arn:aws:iam::aws:policy/AdministratorAccess"
    document = policy(statement("Allow", "kms:ListKeys"))
    for change in (
        lambda: admin.iam.create_policy_version(PolicyArn=aws, PolicyDocument=document),
        lambda: admin.iam.delete_policy(PolicyArn=aws),
        lambda: admin.iam.set_default_policy_version(PolicyArn=aws, VersionId="v1"),
        lambda: admin.iam.tag_policy(PolicyArn=aws, Tags=[{"Key": "a", "Value": "b"}]),
    ):
        with refused("AccessDenied", status=403):
            change()
    assert admin.iam.list_policies(Scope="AWS")["Policies"][0]["Arn"] == aws


def test_a_session_is_limited_by_a_policy_of_the_account(admin, account, two_keys):
    own, other = two_keys
    arn = create(admin, statement("Allow", "kms:Encrypt", own))["Arn"]
    role = make_role(admin, trust(root(account)), statement("Allow", "kms:*"))
    limited = assume(admin, role, PolicyArns=[{"arn": arn}])
    assert limited.kms.encrypt(KeyId=own, Plaintext=b"x")
    with refused("AccessDeniedException", "because no session policy allows the kms:Encrypt action"):
        limited.kms.encrypt(KeyId=other, Plaintext=b"x")
    with refused("MalformedPolicyDocument", "does not exist or is not attachable", status=400):
        assume(admin, role, PolicyArns=[{"arn": f"{arn}x"}])
