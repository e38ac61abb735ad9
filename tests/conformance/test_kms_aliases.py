"""KMS aliases, K-02: made, taken, reserved, misspelt, moved, deleted, listed; a key answers to all its names."""

import re

import pytest

from rig.clients import unique
from rig.refusals import constraint, refused


@pytest.fixture
def alias(admin, key) -> str:
    name = f"alias/{unique('confidential')}"
    admin.kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
    return name


def arn_of(admin, account, alias) -> str:
    return f"arn:aws:kms:{admin.region}:{account}:{alias}"


def test_k02_a_key_answers_to_its_four_names(admin, account, key, alias):
    for name in (key["KeyId"], key["Arn"], alias, arn_of(admin, account, alias)):
        assert admin.kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"] == key["KeyId"]
        answer = admin.kms.encrypt(KeyId=name, Plaintext=b"x")
        assert answer["KeyId"] == key["Arn"]
        assert admin.kms.decrypt(KeyId=name, CiphertextBlob=answer["CiphertextBlob"])["Plaintext"] == b"x"
        assert admin.kms.generate_data_key(KeyId=name, KeySpec="AES_128")["KeyId"] == key["Arn"]


def test_k02_a_taken_name(admin, account, key, alias):
    other = admin.kms.create_key()["KeyMetadata"]
    for target in (key, other):
        with refused("AlreadyExistsException", re.escape(arn_of(admin, account, alias)), status=400):
            admin.kms.create_alias(AliasName=alias, TargetKeyId=target["KeyId"])
    assert admin.kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"] == key["KeyId"]


def test_k02_a_reserved_name(admin, key):
    # What AWS answers is told in two ways (NotAuthorizedException, ValidationException); either refuses.
    with refused("NotAuthorizedException|ValidationException", status=400):
        admin.kms.create_alias(AliasName=f"alias/aws/{unique('mine')}", TargetKeyId=key["KeyId"])
    with refused("NotFoundException"):
        admin.kms.describe_key(KeyId="alias/aws/nothing-of-the-kind")


@pytest.mark.parametrize(
    "name, text",
    [
        (
            "alias/with blank",
            "Value 'alias/with blank' "
            + constraint("aliasName", re.escape("satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$")),
        ),
        (
            "alias/dot.dot",
            r"at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern",
        ),
        ("alias/雲", r"at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern"),
        (
            "alias/" + "x" * 251,
            r"at 'aliasName' failed to satisfy constraint: Member must have length less than or equal to 256",
        ),
        ("no-prefix", r"alias/"),
        ("", r"at 'aliasName' failed to satisfy constraint: Member must have length greater than or equal to 1"),
    ],
)
def test_k02_a_misspelt_name(admin, key, name, text):
    with refused("ValidationException", text, status=400):
        admin.loose_kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])


@pytest.mark.parametrize("name", ["alias/", "alias/with:colon"])
def test_k02_a_name_of_good_characters_that_is_none(admin, key, name):
    with refused("InvalidAliasNameException|ValidationException", status=400):
        admin.kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])


def test_k02_update_and_delete(admin, account, key, alias):
    other = admin.kms.create_key()["KeyMetadata"]
    before = one(admin, alias, key)
    admin.kms.update_alias(AliasName=alias, TargetKeyId=other["KeyId"])
    assert admin.kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"] == other["KeyId"]
    after = one(admin, alias, other)
    assert after["CreationDate"] == before["CreationDate"] and after["LastUpdatedDate"] >= before["LastUpdatedDate"]
    assert admin.kms.list_aliases(KeyId=key["KeyId"])["Aliases"] == []
    admin.kms.delete_alias(AliasName=alias)
    gone = re.escape(arn_of(admin, account, alias))
    with refused("NotFoundException", gone, status=400):
        admin.kms.describe_key(KeyId=alias)
    with refused("NotFoundException", gone):
        admin.kms.delete_alias(AliasName=alias)
    with refused("NotFoundException", gone):
        admin.kms.update_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    admin.kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    assert admin.kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"] == key["KeyId"]


def test_an_alias_needs_a_key(admin, account, alias):
    with refused("NotFoundException"):
        admin.kms.create_alias(AliasName=f"alias/{unique('x')}", TargetKeyId="12345678-1234-4123-8123-123456789012")
    # A target is a key id or ARN, never another alias.
    with refused("NotFoundException|ValidationException|InvalidArnException"):
        admin.kms.create_alias(AliasName=f"alias/{unique('x')}", TargetKeyId=alias)


def test_an_alias_is_listed_with_its_target(admin, account, key, alias):
    assert one(admin, alias, key)["AliasArn"] == arn_of(admin, account, alias)
    everything = list(admin.kms.get_paginator("list_aliases").paginate().search("Aliases[].AliasName"))
    assert alias in everything and len(everything) == len(set(everything))
    with refused("NotFoundException"):
        admin.kms.list_aliases(KeyId="12345678-1234-4123-8123-123456789012")


def test_aliases_in_pages(admin, key):
    names = {f"alias/{unique('page')}" for _ in range(5)}
    for name in names:
        admin.kms.create_alias(AliasName=name, TargetKeyId=key["Arn"])
    seen, marker = [], {}
    while True:
        page = admin.kms.list_aliases(KeyId=key["KeyId"], Limit=2, **marker)
        seen += [a["AliasName"] for a in page["Aliases"]]
        if not page["Truncated"]:
            break
        assert len(page["Aliases"]) <= 2
        marker = {"Marker": page["NextMarker"]}
    assert set(seen) == names and len(seen) == 5
    with refused("InvalidMarkerException", status=400):
        admin.kms.list_aliases(Marker="nonsense")
    with refused(
        "ValidationException",
        "Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
    ):
        admin.kms.list_aliases(Limit=101)


def test_fifty_aliases_and_no_more(admin, key):
    for number in range(50):
        admin.kms.create_alias(AliasName=f"alias/{unique(f'many-{number}')}", TargetKeyId=key["KeyId"])
    with refused("LimitExceededException", status=400):
        admin.kms.create_alias(AliasName=f"alias/{unique('one-more')}", TargetKeyId=key["KeyId"])


def one(admin, alias: str, key: dict) -> dict:
    """The entry of this alias in the list of the key's aliases."""
    found = [a for a in admin.kms.list_aliases(KeyId=key["KeyId"])["Aliases"] if a["AliasName"] == alias]
    assert len(found) == 1 and found[0]["TargetKeyId"] == key["KeyId"]
    return found[0]
