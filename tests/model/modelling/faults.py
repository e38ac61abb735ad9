"""How to get each operation to answer with each of its errors: one small story for each."""

import json

from rig.clients import policy, statement, unique

from . import policies, roles
from .stock import NOBODY, NOWHERE, Stock

CONTEXT = {"purpose": "model"}
NO_POLICY_ARN = "arn:aws:iam::aws:policy/NoPolicyOfThisName"
NO_ARN = "no-arn-but-long-enough-for-one"


def stories(service: str, name: str, stock: Stock):
    """`(error, members)`: what each operation is asked, and the error that it is to answer with."""
    if name in policies.OPERATIONS:
        yield from policies.stories(name, stock)
        return
    if roles.is_of_roles(name):
        yield from roles.stories(name, stock)
        return
    yield from {"kms": of_kms, "iam": of_iam, "cloudtrail": of_cloudtrail}.get(service, lambda *_: ())(name, stock)


def of_kms(name: str, stock: Stock):
    known = stock.of_kms(name)
    base = {key: known[key] for key in MEMBERS.get(name, ("KeyId",))} | MORE.get(name, {})
    if name in BY_KEY:
        yield "NotFoundException", base | {BY_KEY[name]: NOWHERE}
        yield "NotFoundException", base | {BY_KEY[name]: "no key at all!"}
    if name in WANT_STATE:
        key = stock.key() if name == "CancelKeyDeletion" else stock.pending()
        yield "KMSInvalidStateException", base | {BY_KEY[name]: key}
    if name in CRYPTO:
        yield "DisabledException", base | {"KeyId": stock.disabled()}
        yield "InvalidGrantTokenException", base | {"GrantTokens": ["no token"]}
        yield "DryRunOperationException", base | {"DryRun": True}
    if name in ("Encrypt", "Decrypt"):
        yield "InvalidKeyUsageException", base | {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    if name.startswith("List") and name != "ListKeyPolicies":
        yield "InvalidMarkerException", base | {"Marker": "no marker"}
    yield from OTHERS_OF_KMS.get(name, lambda *_: ())(base, stock)


# The members that an operation needs, where it is not a key alone.
MEMBERS = {
    "CreateAlias": ("AliasName", "TargetKeyId"),
    "UpdateAlias": ("AliasName", "TargetKeyId"),
    "DeleteAlias": ("AliasName",),
    "CreateKey": (),
    "GenerateRandom": (),
    "ListAliases": (),
    "ListKeys": (),
    "Decrypt": ("CiphertextBlob",),
    "TagResource": ("KeyId", "Tags"),
    "PutKeyPolicy": ("KeyId", "Policy"),
}
MORE = {
    "Encrypt": {"Plaintext": b"model"},
    "GenerateDataKey": {"KeySpec": "AES_256"},
    "GenerateDataKeyWithoutPlaintext": {"KeySpec": "AES_256"},
    "UntagResource": {"TagKeys": ["stage"]},
    "UpdateKeyDescription": {"Description": "another"},
}
CRYPTO = ("Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext")
NO_KEY = ("CreateKey", "GenerateRandom", "ListKeys", "DeleteAlias")
WANT_STATE = (
    *CRYPTO,
    *("CancelKeyDeletion", "CreateAlias", "DisableKey", "EnableKey", "ScheduleKeyDeletion"),
    *("TagResource", "UntagResource", "UpdateAlias", "UpdateKeyDescription"),
)


class ByKey(dict):
    """The member that names the key, of the operations that have one."""

    def __contains__(self, name: str) -> bool:
        return name not in NO_KEY

    def __missing__(self, name: str) -> str:
        return "TargetKeyId" if name in ("CreateAlias", "UpdateAlias") else "KeyId"


BY_KEY = ByKey()


def long_policy(stock: Stock) -> str:
    """Over 32 KiB, which the model's own bound lets pass."""
    return json.dumps(json.loads(stock.key_policy()) | {"Id": "x" * 32_768})


def create_alias(base, stock):
    yield "AlreadyExistsException", base | {"AliasName": stock.alias()}
    yield "InvalidAliasNameException", base | {"AliasName": "alias/with:colon"}
    yield "LimitExceededException", base | {"TargetKeyId": full_of_aliases(stock)}


def update_alias(base, stock):
    yield "LimitExceededException", base | {"TargetKeyId": full_of_aliases(stock)}


def full_of_aliases(stock: Stock) -> str:
    key = stock.key()
    for _ in range(50):
        stock.alias(key)
    return key


def delete_alias(base, stock):
    yield "NotFoundException", {"AliasName": f"alias/{unique('never')}"}


def create_key(base, stock):
    yield "MalformedPolicyDocumentException", {"Policy": "{}"}
    yield "LimitExceededException", {"Policy": long_policy(stock)}
    yield "UnsupportedOperationException", {"MultiRegion": True}
    yield "TagException", {"Tags": [{"TagKey": "aws:mine", "TagValue": ""}]}
    yield "CustomKeyStoreNotFoundException", {"CustomKeyStoreId": "cks-1234567890abcdef0"}


def put_key_policy(base, stock):
    yield "MalformedPolicyDocumentException", base | {"Policy": "{}"}
    yield "LimitExceededException", base | {"Policy": long_policy(stock)}


def decrypt(base, stock):
    yield "InvalidCiphertextException", {"CiphertextBlob": b"no ciphertext"}
    yield "InvalidCiphertextException", base | {"EncryptionContext": CONTEXT}
    yield "IncorrectKeyException", base | {"KeyId": stock.key()}
    for error, change in (("DisabledException", "disable_key"), ("KMSInvalidStateException", "schedule_key_deletion")):
        key = stock.key()
        blob = stock.admin.kms.encrypt(KeyId=key, Plaintext=b"model")["CiphertextBlob"]
        getattr(stock.admin.kms, change)(KeyId=key)
        yield error, {"CiphertextBlob": blob}


def generate_random(base, stock):
    yield "CustomKeyStoreNotFoundException", {"NumberOfBytes": 1, "CustomKeyStoreId": "cks-1234567890abcdef0"}
    recipient = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": b"document"}
    yield "UnsupportedOperationException", {"NumberOfBytes": 1, "Recipient": recipient}


def tag_resource(base, stock):
    yield "TagException", base | {"Tags": [{"TagKey": "twice", "TagValue": "1"}, {"TagKey": "twice", "TagValue": "2"}]}


def untag_resource(base, stock):
    yield "TagException", base | {"TagKeys": ["aws:mine"]}


OTHERS_OF_KMS = {
    "CreateAlias": create_alias,
    "UpdateAlias": update_alias,
    "DeleteAlias": delete_alias,
    "CreateKey": create_key,
    "PutKeyPolicy": put_key_policy,
    "Decrypt": decrypt,
    "GenerateRandom": generate_random,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
}


def of_iam(name: str, stock: Stock):
    known = stock.of_iam(name)
    base = {key: known[key] for key in NEEDED_OF_IAM.get(name, ("UserName",))} | MORE_OF_IAM.get(name, {})
    if name not in ("CreateUser", "ListUsers", "GetPolicy", "GetPolicyVersion"):
        yield "NoSuchEntity", base | {"UserName": NOBODY}
    if "PolicyArn" in base:
        yield "NoSuchEntity", base | {"PolicyArn": NO_POLICY_ARN}
        yield "InvalidInput", base | {"PolicyArn": NO_ARN}
    if name == "CreateAccessKey":
        stock.admin.iam.create_access_key(UserName=base["UserName"])
        yield "LimitExceeded", base
    if name == "CreateUser":
        yield "EntityAlreadyExists", {"UserName": stock.user()}
        yield "InvalidInput", base | {"Tags": [{"Key": "twice", "Value": "1"}, {"Key": "twice", "Value": "2"}]}
    if name == "UpdateUser":
        yield "EntityAlreadyExists", base | {"NewUserName": stock.user()}
    if name == "DeleteUser":
        yield "DeleteConflict", {"UserName": stock.user()}
    if name == "PutUserPolicy":
        yield "MalformedPolicyDocument", base | {"PolicyDocument": "{}"}
        yield "LimitExceeded", base | {"PolicyDocument": policy(*[statement("Allow", "kms:ListKeys")] * 40)}
    if name == "UpdateAccessKey":
        yield "InvalidInput", base | {"Status": "Expired"}


NEEDED_OF_IAM = {
    "AttachUserPolicy": ("UserName", "PolicyArn"),
    "DetachUserPolicy": ("UserName", "PolicyArn"),
    "GetPolicy": ("PolicyArn",),
    "GetPolicyVersion": ("PolicyArn", "VersionId"),
    "DeleteAccessKey": ("UserName", "AccessKeyId"),
    "UpdateAccessKey": ("UserName", "AccessKeyId"),
    "DeleteUserPolicy": ("UserName", "PolicyName"),
    "GetUserPolicy": ("UserName", "PolicyName"),
    "PutUserPolicy": ("UserName", "PolicyName", "PolicyDocument"),
    "ListUsers": (),
}
MORE_OF_IAM = {"UpdateAccessKey": {"Status": "Active"}}


def of_cloudtrail(name: str, stock: Stock):
    pair = {"AttributeKey": "EventName", "AttributeValue": "CreateKey"}
    yield "InvalidLookupAttributesException", {"LookupAttributes": [pair, pair]}
    yield "InvalidLookupAttributesException", {"LookupAttributes": [pair | {"AttributeKey": "Colour"}]}
    yield "InvalidTimeRangeException", {"StartTime": 2_000_000_000, "EndTime": 1_000_000_000}
    yield "InvalidMaxResultsException", {"MaxResults": 51}
    yield "InvalidNextTokenException", {"NextToken": "no token"}
    yield "InvalidEventCategoryException", {"EventCategory": "data"}
