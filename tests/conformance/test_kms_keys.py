"""KMS keys: K-01 and the life of a key: description, states, lists and their pages, tags and their limits."""

import re

import pytest

from rig.clients import unique
from rig.refusals import refused

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
NOBODY = "12345678-1234-4123-8123-123456789012"


def test_k01_create_key_answers_the_metadata_of_a_symmetric_customer_key(admin, account):
    made = admin.kms.create_key(Description="confidential", Tags=[{"TagKey": "Name", "TagValue": "confidential"}])[
        "KeyMetadata"
    ]
    assert re.fullmatch(UUID, made["KeyId"])
    assert made["Arn"] == f"arn:aws:kms:{admin.region}:{account}:key/{made['KeyId']}"
    assert made["AWSAccountId"] == account
    assert (made["KeyManager"], made["KeySpec"], made["CustomerMasterKeySpec"]) == (
        "CUSTOMER",
        "SYMMETRIC_DEFAULT",
        "SYMMETRIC_DEFAULT",
    )
    assert (made["KeyUsage"], made["KeyState"], made["Enabled"]) == ("ENCRYPT_DECRYPT", "Enabled", True)
    assert (made["Origin"], made["MultiRegion"], made["Description"]) == ("AWS_KMS", False, "confidential")
    assert made["EncryptionAlgorithms"] == ["SYMMETRIC_DEFAULT"]
    assert re.fullmatch("[0-9a-f]{64}", made["CurrentKeyMaterialId"])
    assert "DeletionDate" not in made
    assert admin.kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"] == made
    assert admin.kms.describe_key(KeyId=made["Arn"])["KeyMetadata"] == made


@pytest.mark.parametrize("name", ["KeySpec", "CustomerMasterKeySpec"])
def test_create_key_takes_the_spec_by_its_old_and_its_new_name(admin, name):
    assert (
        admin.kms.create_key(**{name: "SYMMETRIC_DEFAULT"}, KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeySpec"]
        == "SYMMETRIC_DEFAULT"
    )


@pytest.mark.parametrize(
    "parameters, code, text",
    [
        (
            {"KeySpec": "DES_56"},
            "ValidationException",
            r"Value 'DES_56' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set",
        ),
        (
            {"KeyUsage": "EVERYTHING"},
            "ValidationException",
            r"Value 'EVERYTHING' at 'keyUsage' failed to satisfy constraint: Member must satisfy enum value set",
        ),
        ({"Origin": "MARS"}, "ValidationException", r"at 'origin' failed to satisfy constraint"),
        ({"KeyUsage": "SIGN_VERIFY"}, "ValidationException", r"(?i)KeyUsage|SIGN_VERIFY"),
        (
            {"Description": "x" * 8193},
            "ValidationException",
            r"at 'description' failed to satisfy constraint: Member must have length less than or equal to 8192",
        ),
        ({"KeySpec": "DES_56", "KeyUsage": "EVERYTHING"}, "ValidationException", r"^2 validation errors detected: "),
    ],
)
def test_create_key_refuses(admin, parameters, code, text):
    before = count_keys(admin)
    with refused(code, text, status=400):
        admin.loose_kms.create_key(**parameters)
    assert count_keys(admin) == before, "a refused CreateKey leaves no key"


def test_a_key_that_is_not_there(admin, account):
    arn = f"arn:aws:kms:{admin.region}:{account}:key/{NOBODY}"
    with refused("NotFoundException", re.escape(f"Key '{arn}' does not exist"), status=400):
        admin.kms.describe_key(KeyId=NOBODY)
    with refused("NotFoundException", re.escape(f"Key '{arn}' does not exist")):
        admin.kms.describe_key(KeyId=arn)
    with refused("NotFoundException", "Invalid keyId '?not-a-key-id'?"):
        admin.kms.describe_key(KeyId="not-a-key-id")
    with refused("NotFoundException", "Invalid arn us-west-2"):
        admin.kms.describe_key(KeyId=arn.replace(admin.region, "us-west-2"))
    with refused(
        "ValidationException",
        "at 'keyId' failed to satisfy constraint: Member must have length less than or equal to 2048",
    ):
        admin.kms.describe_key(KeyId="a" * 2049)
    with refused(
        "ValidationException",
        "at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ):
        admin.loose_kms.describe_key(KeyId="")
    with refused(
        "ValidationException",
        "^1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null",
    ):
        admin.loose_kms.describe_key()


def test_a_key_belongs_to_its_region(admin):
    there = admin.client("kms", region="us-west-2")
    made = there.create_key()["KeyMetadata"]
    assert made["Arn"].startswith("arn:aws:kms:us-west-2:")
    with refused("NotFoundException"):
        admin.kms.describe_key(KeyId=made["KeyId"])
    with refused("NotFoundException", "Invalid arn us-west-2"):
        admin.kms.describe_key(KeyId=made["Arn"])
    assert made["KeyId"] not in {k["KeyId"] for k in admin.kms.get_paginator("list_keys").paginate().search("Keys[]")}


def test_update_key_description(admin, key):
    admin.kms.update_key_description(KeyId=key["Arn"], Description="another one: é, ü")
    assert admin.kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Description"] == "another one: é, ü"
    admin.kms.update_key_description(KeyId=key["KeyId"], Description="")
    assert admin.kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Description"] == ""
    with refused("ValidationException", "at 'description'"):
        admin.kms.update_key_description(KeyId=key["KeyId"], Description="x" * 8193)
    with refused("NotFoundException"):
        admin.kms.update_key_description(KeyId=NOBODY, Description="x")


def test_disable_and_enable(admin, key):
    blob = admin.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"hello")["CiphertextBlob"]
    admin.kms.disable_key(KeyId=key["KeyId"])
    now = admin.kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    assert (now["KeyState"], now["Enabled"]) == ("Disabled", False)
    uses = [
        lambda: admin.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x"),
        lambda: admin.kms.decrypt(CiphertextBlob=blob),
        lambda: admin.kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256"),
        lambda: admin.kms.generate_data_key_without_plaintext(KeyId=key["KeyId"], KeySpec="AES_256"),
        lambda: admin.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", DryRun=True),
    ]
    for use in uses:
        with refused("DisabledException", re.escape(f"{key['Arn']} is disabled."), status=400):
            use()
    assert admin.kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is False
    admin.kms.disable_key(KeyId=key["KeyId"])
    admin.kms.enable_key(KeyId=key["Arn"])
    admin.kms.enable_key(KeyId=key["Arn"])
    assert admin.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"hello"


@pytest.mark.parametrize(
    "operation",
    [
        "enable_key",
        "disable_key",
        "schedule_key_deletion",
        "cancel_key_deletion",
        "get_key_policy",
        "list_resource_tags",
    ],
)
def test_management_takes_no_alias(admin, key, operation):
    name = f"alias/{unique('mgmt')}"
    admin.kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
    with refused("NotFoundException|InvalidArnException|ValidationException", re.escape(name), status=400):
        getattr(admin.kms, operation)(KeyId=name)
    assert admin.kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled"


def test_rotation_status_of_a_new_key_is_off(admin, key):
    status = admin.kms.get_key_rotation_status(KeyId=key["KeyId"])
    assert status["KeyRotationEnabled"] is False
    assert status["KeyId"] == key["KeyId"]
    assert "NextRotationDate" not in status


def test_list_keys_in_pages(admin):
    made = {admin.kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(5)}
    seen, marker, pages = [], {}, 0
    while True:
        page = admin.kms.list_keys(Limit=2, **marker)
        assert len(page["Keys"]) <= 2
        seen += page["Keys"]
        pages += 1
        if not page["Truncated"]:
            assert not page.get("NextMarker")
            break
        marker = {"Marker": page["NextMarker"]}
    ids = [k["KeyId"] for k in seen]
    assert len(ids) == len(set(ids)), "no key twice"
    assert made <= set(ids) and pages >= 3
    assert all(k["KeyArn"].endswith(f":key/{k['KeyId']}") for k in seen)
    assert set(ids) == set(
        admin.kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1000}).search("Keys[].KeyId")
    )


def test_list_keys_refuses_bad_pages(admin):
    with refused("InvalidMarkerException", status=400):
        admin.kms.list_keys(Marker="nonsense")
    with refused(
        "ValidationException",
        "Value '1001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 1000",
    ):
        admin.loose_kms.list_keys(Limit=1001)
    with refused(
        "ValidationException",
        "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ):
        admin.loose_kms.list_keys(Limit=0)
    with refused(
        "ValidationException",
        "at 'marker' failed to satisfy constraint: Member must have length less than or equal to 1024",
    ):
        admin.kms.list_keys(Marker="m" * 1025)


def test_a_marker_of_one_list_is_none_of_another(admin, key):
    admin.kms.create_key()
    marker = admin.kms.list_keys(Limit=1)["NextMarker"]
    admin.kms.tag_resource(KeyId=key["KeyId"], Tags=tags(3))
    with refused("InvalidMarkerException"):
        admin.kms.list_resource_tags(KeyId=key["KeyId"], Marker=marker)


def test_tags_come_and_go(admin, key):
    admin.kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "a", "TagValue": "1"}, {"TagKey": "b", "TagValue": ""}])
    admin.kms.tag_resource(KeyId=key["Arn"], Tags=[{"TagKey": "a", "TagValue": "2"}])
    assert tags_of(admin, key) == {"a": "2", "b": ""}
    admin.kms.untag_resource(KeyId=key["KeyId"], TagKeys=["b", "never-there"])
    assert tags_of(admin, key) == {"a": "2"}


def test_tags_in_pages(admin, key):
    admin.kms.tag_resource(KeyId=key["KeyId"], Tags=tags(7))
    first = admin.kms.list_resource_tags(KeyId=key["KeyId"], Limit=3)
    assert len(first["Tags"]) == 3 and first["Truncated"] is True
    rest = admin.kms.list_resource_tags(KeyId=key["KeyId"], Limit=50, Marker=first["NextMarker"])
    assert rest["Truncated"] is False
    assert {t["TagKey"] for t in first["Tags"] + rest["Tags"]} == {f"k{i}" for i in range(7)}
    assert len(first["Tags"] + rest["Tags"]) == 7
    with refused("InvalidMarkerException"):
        admin.kms.list_resource_tags(KeyId=key["KeyId"], Marker="nonsense")
    with refused("ValidationException", "'limit'"):
        admin.kms.list_resource_tags(KeyId=key["KeyId"], Limit=51)


def test_tags_have_limits(admin, key):
    admin.kms.tag_resource(KeyId=key["KeyId"], Tags=tags(50))
    with refused("TagException", "Too many tags", status=400):
        admin.kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "one-more", "TagValue": "x"}])
    admin.kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "k0", "TagValue": "changed"}])
    assert len(tags_of(admin, key)) == 50
    with refused("TagException", "Too many tags"):
        admin.kms.create_key(Tags=tags(51))
    with refused("TagException", "Duplicate tag keys"):
        admin.kms.create_key(Tags=[{"TagKey": "a", "TagValue": "1"}, {"TagKey": "a", "TagValue": "2"}])
    with refused("TagException", "(?i)tags beginning with aws: are reserved"):
        admin.kms.create_key(Tags=[{"TagKey": "aws:mine", "TagValue": "1"}])
    with refused("TagException", "(?i)tags beginning with aws: are reserved"):
        admin.kms.untag_resource(KeyId=key["KeyId"], TagKeys=["aws:mine"])
    with refused(
        "ValidationException",
        "at 'tags.1.member.tagValue' failed to satisfy constraint: Member must have length less than or equal to 256",
    ):
        admin.kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "long", "TagValue": "x" * 257}])
    with refused(
        "ValidationException",
        "at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length less than or equal to 128",
    ):
        admin.kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "x" * 129, "TagValue": ""}])
    with refused("NotFoundException"):
        admin.kms.tag_resource(KeyId=NOBODY, Tags=tags(1))


def test_one_key_policy_is_listed(admin, key):
    listed = admin.kms.list_key_policies(KeyId=key["KeyId"])
    assert listed["PolicyNames"] == ["default"] and listed["Truncated"] is False


def count_keys(admin) -> int:
    return len(
        list(admin.kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1000}).search("Keys[]"))
    )


def tags(count: int) -> list[dict]:
    return [{"TagKey": f"k{i}", "TagValue": str(i)} for i in range(count)]


def tags_of(admin, key) -> dict[str, str]:
    return {t["TagKey"]: t["TagValue"] for t in admin.kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]}


def test_create_key_refuses_what_contradicts_itself(admin):
    with refused("ValidationException", "^You cannot specify KeySpec and CustomerMasterKeySpec in the same request\\."):
        admin.kms.create_key(KeySpec="SYMMETRIC_DEFAULT", CustomerMasterKeySpec="SYMMETRIC_DEFAULT")
    with refused("ValidationException", "^You must specify a KeyUsage value for all KMS keys except for symmetric"):
        admin.kms.create_key(KeySpec="RSA_2048")
