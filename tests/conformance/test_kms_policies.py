"""Who may use a key: K-11 to K-14, P-01, P-02, P-06, and the conditions that a key policy knows."""

import json
import re

import pytest

from rig.clients import make_user, owner_statement, policy, put_policy, statement, unique
from rig.refusals import refused

CONTEXT = {"purpose": "demo"}
HIDDEN = (
    "^The ciphertext refers to a customer master key that does not exist, "
    "does not exist in this region, or you are not allowed to access\\.$"
)


@pytest.fixture
def blob(admin, key) -> bytes:
    return admin.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"customer list", EncryptionContext=CONTEXT)[
        "CiphertextBlob"
    ]


def decrypt(caller, blob, **more):
    return caller.kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT, **more)["Plaintext"]


def denial(user, action: str, resource: str, reason: str) -> str:
    what = f"is not authorized to perform: {action} on resource: {re.escape(resource)}"
    return f"^User: {re.escape(user.arn)} {what} {reason}$"


def test_p01_the_default_policy(admin, account, key):
    answer = admin.kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")
    assert answer["PolicyName"] == "default"
    document = json.loads(answer["Policy"])
    assert document["Id"] == "key-default-1" and document["Version"] == "2012-10-17"
    assert [(s["Effect"], s["Principal"], s["Action"], s["Resource"]) for s in document["Statement"]] == [
        ("Allow", {"AWS": f"arn:aws:iam::{account}:root"}, "kms:*", "*")
    ]
    assert json.loads(admin.kms.get_key_policy(KeyId=key["KeyId"])["Policy"]) == document


def test_k11_the_iam_policy_is_enough(admin, key, blob):
    user = make_user(admin, statement("Allow", ["kms:Encrypt", "kms:Decrypt"], key["Arn"]))
    assert decrypt(user, blob) == b"customer list"
    other = admin.kms.create_key()["KeyMetadata"]
    with refused("AccessDeniedException"):
        user.kms.encrypt(KeyId=other["KeyId"], Plaintext=b"x")


def test_k12_the_key_policy_is_enough(admin, account, key, blob):
    user = make_user(admin)
    put_policy(
        admin, key["KeyId"], owner_statement(account), statement("Allow", "kms:Decrypt", Principal={"AWS": user.arn})
    )
    assert decrypt(user, blob) == b"customer list"
    with refused("AccessDeniedException"):
        user.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")


def test_k13_neither(admin, key, blob):
    """P-02 is the same with the default policy."""
    user = make_user(admin)
    with refused("AccessDeniedException", HIDDEN, status=400):
        decrypt(user, blob)
    text = denial(user, "kms:Decrypt", key["Arn"], "because no identity-based policy allows the kms:Decrypt action")
    for name in (key["KeyId"], key["Arn"]):
        with refused("AccessDeniedException", text, status=400):
            decrypt(user, blob, KeyId=name)
    with refused("AccessDeniedException", text.replace("kms:Decrypt", "kms:Encrypt")):
        user.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    with refused("AccessDeniedException", text.replace("kms:Decrypt", "kms:Encrypt")):
        user.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", DryRun=True)


def test_k14_without_the_account_statement_iam_is_not_enough(admin, account, key, blob):
    by_iam = make_user(admin, statement("Allow", ["kms:Encrypt", "kms:Decrypt"], key["Arn"]))
    by_key = make_user(admin)
    me = admin.sts.get_caller_identity()["Arn"]
    mine = statement("Allow", "kms:*", Principal={"AWS": me})
    named = statement("Allow", ["kms:Encrypt", "kms:Decrypt"], Principal={"AWS": by_key.arn})
    put_policy(admin, key["KeyId"], mine, named)
    with refused("AccessDeniedException", HIDDEN):
        decrypt(by_iam, blob)
    text = denial(by_iam, "kms:Decrypt", key["Arn"], "because no resource-based policy allows the kms:Decrypt action")
    with refused("AccessDeniedException", text, status=400):
        decrypt(by_iam, blob, KeyId=key["KeyId"])
    assert decrypt(by_key, blob) == b"customer list"
    with refused("MalformedPolicyDocumentException", status=400):
        put_policy(admin, key["KeyId"], named)
    put_policy(admin, key["KeyId"], owner_statement(account))
    assert decrypt(by_iam, blob) == b"customer list"
    with refused("AccessDeniedException"):
        decrypt(by_key, blob)


def test_k14_a_deny_in_the_key_policy_wins(admin, account, key, blob):
    user = make_user(admin, statement("Allow", "kms:*"))
    deny = statement("Deny", "kms:Decrypt", Principal={"AWS": user.arn})
    allow = statement("Allow", "kms:*", Principal={"AWS": user.arn})
    put_policy(admin, key["KeyId"], owner_statement(account), allow, deny)
    text = denial(user, "kms:Decrypt", key["Arn"], "with an explicit deny in a resource-based policy")
    with refused("AccessDeniedException", text):
        decrypt(user, blob, KeyId=key["KeyId"])
    assert user.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")


def test_k14_a_deny_in_the_iam_policy_wins(admin, account, key, blob):
    user = make_user(admin, statement("Allow", "kms:*"), statement("Deny", "kms:Decrypt", key["Arn"]))
    put_policy(admin, key["KeyId"], owner_statement(account), statement("Allow", "kms:*", Principal={"AWS": user.arn}))
    text = denial(user, "kms:Decrypt", key["Arn"], "with an explicit deny in an identity-based policy")
    with refused("AccessDeniedException", text):
        decrypt(user, blob, KeyId=key["KeyId"])
    admin.iam.put_user_policy(
        UserName=user.name, PolicyName="inline", PolicyDocument=policy(statement("Allow", "kms:*"))
    )
    assert decrypt(user, blob) == b"customer list", "a change of policy counts at once"


def test_a_key_unknown_to_the_caller_is_no_oracle(admin, key):
    user = make_user(admin)
    with refused("AccessDeniedException") as known:
        user.kms.describe_key(KeyId=key["KeyId"])
    with refused("AccessDeniedException") as unknown:
        user.kms.describe_key(KeyId="12345678-1234-4123-8123-123456789012")
    assert known.status == unknown.status


def test_an_administrator_by_managed_policy(admin, key, blob):
    user = make_user(admin)
    with refused("AccessDeniedException"):
        decrypt(user, blob)
    admin.iam.attach_user_policy(UserName=user.name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    assert decrypt(user, blob) == b"customer list"
    admin.iam.detach_user_policy(UserName=user.name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    with refused("AccessDeniedException"):
        decrypt(user, blob)


def test_a_recreated_user_does_not_inherit(admin, account, key, blob):
    user = make_user(admin)
    put_policy(
        admin, key["KeyId"], owner_statement(account), statement("Allow", "kms:Decrypt", Principal={"AWS": user.arn})
    )
    assert decrypt(user, blob) == b"customer list"
    admin.iam.delete_access_key(UserName=user.name, AccessKeyId=user.access_key)
    admin.iam.delete_user(UserName=user.name)
    admin.iam.create_user(UserName=user.name)
    made = admin.iam.create_access_key(UserName=user.name)["AccessKey"]
    again = user.but(access_key=made["AccessKeyId"], secret_key=made["SecretAccessKey"])
    with refused("AccessDeniedException"):
        decrypt(again, blob)


def test_a_policy_shows_its_principals_as_they_are_called_now(admin, account, key):
    user = make_user(admin)
    uid = user.sts.get_caller_identity()["UserId"]
    condition = {"ArnEquals": {"aws:PrincipalArn": user.arn}}
    named = statement("Allow", "kms:Decrypt", Principal={"AWS": user.arn}, Condition=condition)
    put_policy(admin, key["KeyId"], owner_statement(account), named)

    def shown() -> dict:
        return json.loads(admin.kms.get_key_policy(KeyId=key["KeyId"])["Policy"])["Statement"][1]

    assert shown() == named
    admin.iam.update_user(UserName=user.name, NewUserName=f"{user.name}-b", NewPath="/moved/")
    moved = f"arn:aws:iam::{account}:user/moved/{user.name}-b"
    assert shown() == named | {"Principal": {"AWS": moved}}, "and the condition says what it said"
    admin.iam.delete_access_key(UserName=f"{user.name}-b", AccessKeyId=user.access_key)
    admin.iam.delete_user(UserName=f"{user.name}-b")
    assert shown() == named | {"Principal": {"AWS": uid}}
    admin.iam.create_user(UserName=user.name)
    with refused("MalformedPolicyDocumentException", "invalid principals"):
        put_policy(admin, key["KeyId"], owner_statement(account), shown())


@pytest.mark.parametrize("world", ["*", {"AWS": "*"}], ids=["star", "aws-star"])
def test_p03_open_to_everybody_with_credentials(admin, account, key, blob, world):
    user = make_user(admin)
    put_policy(admin, key["KeyId"], owner_statement(account), statement("Allow", "kms:Decrypt", Principal=world))
    assert decrypt(user, blob) == b"customer list"


def test_p06_policies_that_are_refused(admin, account, key):
    before = admin.kms.get_key_policy(KeyId=key["KeyId"])["Policy"]
    owner = owner_statement(account)
    documents = [
        policy(
            owner,
            statement(
                "Allow", "kms:Decrypt", Principal={"AWS": f"arn:aws:iam::{account}:role/{unique('nonexistent')}"}
            ),
        ),
        policy(
            owner,
            statement(
                "Allow", "kms:Decrypt", Principal={"AWS": f"arn:aws:iam::{account}:user/{unique('nonexistent')}"}
            ),
        ),
        policy(owner, statement("Allow", "kms:Decrypt", Principal={"AWS": "arn:aws:iam::*:root"})),
        policy(statement("Allow", "kms:Decrypt", Principal={"Service": "s3.amazonaws.com"})),
        policy(owner, statement("Permit", "kms:Decrypt", Principal="*")),
        policy(owner, {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}),
        "nope",
        "[]",
        "{}",
        '{"Version":"2012-10-17"}',
        '{"Version":"1999-01-01","Statement":[]}',
        "[" * 15000,
        '{"a":' * 6000,
    ]
    for document in documents:
        with refused("MalformedPolicyDocumentException", status=400):
            admin.kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=document)
        with refused("MalformedPolicyDocumentException", status=400):
            admin.kms.create_key(Policy=document)
    assert admin.kms.get_key_policy(KeyId=key["KeyId"])["Policy"] == before


def test_p06_the_size_of_a_policy(admin, account, key):
    fits = padded(account, 32_768)
    admin.kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=fits)
    assert json.loads(admin.kms.get_key_policy(KeyId=key["KeyId"])["Policy"]) == json.loads(fits)
    with refused("LimitExceededException", status=400):
        admin.kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=padded(account, 32_769))
    with refused("LimitExceededException", status=400):
        admin.kms.create_key(Policy=padded(account, 32_769))
    with refused(
        "ValidationException",
        "at 'policy' failed to satisfy constraint: Member must have length less than or equal to 131072",
    ):
        admin.kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=padded(account, 131_073))
    assert json.loads(admin.kms.get_key_policy(KeyId=key["KeyId"])["Policy"]) == json.loads(fits)


def test_p06_the_lockout_check_can_be_bypassed(admin, key):
    locked = policy(statement("Allow", "kms:Decrypt", Principal={"Service": "s3.amazonaws.com"}))
    with refused("MalformedPolicyDocumentException"):
        admin.kms.put_key_policy(KeyId=key["KeyId"], Policy=locked)
    admin.kms.put_key_policy(KeyId=key["KeyId"], Policy=locked, BypassPolicyLockoutSafetyCheck=True)
    with refused("AccessDeniedException", "because no resource-based policy allows the kms:GetKeyPolicy action"):
        admin.kms.get_key_policy(KeyId=key["KeyId"])


def test_the_name_of_a_policy_is_default(admin, account, key):
    with refused("NotFoundException|ValidationException", status=400):
        admin.kms.get_key_policy(KeyId=key["KeyId"], PolicyName="other")
    with refused("NotFoundException|ValidationException|UnsupportedOperationException", status=400):
        admin.kms.put_key_policy(KeyId=key["KeyId"], PolicyName="other", Policy=policy(owner_statement(account)))
    with refused(
        "ValidationException",
        "at 'policyName' failed to satisfy constraint: Member must satisfy regular expression pattern",
    ):
        admin.kms.get_key_policy(KeyId=key["KeyId"], PolicyName="not a word")


@pytest.mark.parametrize(
    "condition, good, bad",
    [
        (
            {"StringEquals": {"kms:EncryptionContext:purpose": "demo"}},
            {"purpose": "demo"},
            [{}, {"purpose": "Demo"}, {"other": "demo"}],
        ),
        ({"StringLike": {"kms:EncryptionContext:purpose": "de*"}}, {"purpose": "demo"}, [{}, {"purpose": "xde"}]),
        (
            {
                "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["a", "b"]},
                "Null": {"kms:EncryptionContextKeys": "false"},
            },
            {"a": "1"},
            [{}, {"a": "1", "c": "1"}],
        ),
        (
            {"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "tenant"}},
            {"tenant": "1", "x": "2"},
            [{}, {"x": "2"}],
        ),
        ({"StringEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}}, {}, []),
        ({"StringEquals": {"kms:CallerAccount": "ACCOUNT"}}, {}, []),
        (
            {
                "StringEquals": {
                    "kms:KeySpec": "SYMMETRIC_DEFAULT",
                    "kms:KeyUsage": "ENCRYPT_DECRYPT",
                    "kms:KeyOrigin": "AWS_KMS",
                }
            },
            {},
            [],
        ),
        ({"Bool": {"kms:MultiRegion": "false"}}, {}, []),
    ],
    ids=["equals", "like", "all-keys", "any-key", "algorithm", "account", "key", "multi-region"],
)
def test_conditions_that_hold(admin, account, key, condition, good, bad):
    user = make_user(admin)
    told = json.loads(json.dumps(condition).replace("ACCOUNT", account))
    put_policy(
        admin,
        key["KeyId"],
        owner_statement(account),
        statement("Allow", "kms:Encrypt", Principal={"AWS": user.arn}, Condition=told),
    )
    assert user.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext=good)
    for context in bad:
        with refused("AccessDeniedException"):
            user.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext=context)


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"kms:ViaService": "s3.ap-northeast-1.amazonaws.com"}},
        {"StringLike": {"kms:ViaService": "*"}},
        {"StringEquals": {"kms:CallerAccount": "999999999999"}},
        {"StringEquals": {"kms:KeySpec": "RSA_2048"}},
        {"Bool": {"kms:MultiRegion": "true"}},
        {"StringEquals": {"kms:EncryptionContext:never": "there"}},
    ],
)
def test_conditions_that_do_not_hold(admin, account, key, condition):
    user = make_user(admin)
    put_policy(
        admin,
        key["KeyId"],
        owner_statement(account),
        statement("Allow", "kms:Encrypt", Principal={"AWS": user.arn}, Condition=condition),
    )
    with refused("AccessDeniedException"):
        user.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")


def test_the_alias_by_which_a_key_is_named_is_a_condition(admin, account, key):
    user, name = make_user(admin), f"alias/{unique('by-alias')}"
    admin.kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
    told = statement(
        "Allow", "kms:Encrypt", Principal={"AWS": user.arn}, Condition={"StringEquals": {"kms:RequestAlias": name}}
    )
    put_policy(admin, key["KeyId"], owner_statement(account), told)
    assert user.kms.encrypt(KeyId=name, Plaintext=b"x")
    with refused("AccessDeniedException"):
        user.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")


def test_the_tags_of_a_key_are_conditions(admin, key):
    condition = {"StringEquals": {"aws:ResourceTag/level": "public"}}
    user = make_user(admin, statement("Allow", "kms:Encrypt", Condition=condition))
    with refused("AccessDeniedException"):
        user.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    admin.kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "level", "TagValue": "public"}])
    assert user.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")


def test_an_alias_needs_rights_on_alias_and_key(admin, account, key):
    name = f"alias/{unique('rights')}"
    arn = f"arn:aws:kms:{admin.region}:{account}:{name}"
    only_alias = make_user(admin, statement("Allow", "kms:CreateAlias", arn))
    only_key = make_user(admin, statement("Allow", "kms:CreateAlias", key["Arn"]))
    both = make_user(admin, statement("Allow", "kms:CreateAlias", [arn, key["Arn"]]))
    for user in (only_alias, only_key):
        with refused("AccessDeniedException", "kms:CreateAlias"):
            user.kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
    both.kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])


def test_tags_at_creation_need_the_right_to_tag(admin):
    user = make_user(admin, statement("Allow", "kms:CreateKey"))
    assert user.kms.create_key()["KeyMetadata"]["KeyState"] == "Enabled"
    with refused("AccessDeniedException", "kms:TagResource"):
        user.kms.create_key(Tags=[{"TagKey": "a", "TagValue": "b"}])


def padded(account: str, size: int) -> str:
    """A valid policy of exactly `size` bytes, none of them white space between tokens."""

    def made(pad: int) -> str:
        filler = [f"arn:aws:iam::{account}:root"]
        owner = owner_statement(account) | {"Sid": "x" * pad, "Principal": {"AWS": filler}}
        return json.dumps({"Version": "2012-10-17", "Statement": [owner]}, separators=(",", ":"))

    return made(size - len(made(0)))
