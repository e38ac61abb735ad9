"""Things for calls to act upon, made by boto3 as a user would make them."""

from rig.clients import Caller, policy, statement, unique

from . import policies, roles

MANAGED = "arn:aws:iam::aws:policy/AdministratorAccess"
TAGS = [{"TagKey": "stage", "TagValue": "model"}, {"TagKey": "empty", "TagValue": ""}]
ALLOW = policy(statement("Allow", "kms:ListKeys"))
# What calls name that do not act upon anything.
NOBODY = "nobody-of-that-name"
NOWHERE = "12345678-1234-4123-8123-123456789012"


class Stock:
    """Each call gives out things that nobody else has."""

    def __init__(self, admin: Caller):
        self.admin = admin

    def known(self, service: str, name: str) -> dict:
        """Values for the members of an operation that name something, so that the call can succeed."""
        if name in policies.OPERATIONS:
            return policies.known(name, self)
        if roles.is_of_roles(name):
            return roles.known(name, self)
        if service == "kms":
            return self.of_kms(name)
        if service == "iam":
            return self.of_iam(name)
        return {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateKey"}]}

    def of_kms(self, name: str) -> dict:
        key = self.key()
        known = {"KeyId": key, "TargetKeyId": key, "Policy": self.key_policy(), "PolicyName": "default", "Tags": TAGS}
        if name in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
            known["AliasName"] = self.alias() if name != "CreateAlias" else f"alias/{unique('made')}"
        if name == "CancelKeyDeletion":
            self.admin.kms.schedule_key_deletion(KeyId=key)
        if name == "Decrypt":
            known["CiphertextBlob"] = self.admin.kms.encrypt(KeyId=key, Plaintext=b"model")["CiphertextBlob"]
        return known

    def of_iam(self, name: str) -> dict:
        user = self.user()
        known = {"UserName": user, "PolicyName": "inline", "PolicyDocument": ALLOW, "PolicyArn": MANAGED}
        known |= {"VersionId": "v1", "Path": "/", "PathPrefix": "/", "Tags": [{"Key": "stage", "Value": "model"}]}
        iam = self.admin.iam
        if name == "CreateUser":
            known["UserName"] = unique("made")
        elif name == "DeleteUser":
            iam.delete_user_policy(UserName=user, PolicyName="inline")
            iam.detach_user_policy(UserName=user, PolicyArn=MANAGED)
            iam.delete_access_key(UserName=user, AccessKeyId=self.access_key(user))
        elif name == "UpdateUser":
            known["NewUserName"] = unique("renamed")
        elif name in ("DeleteAccessKey", "UpdateAccessKey"):
            known["AccessKeyId"] = self.access_key(user)
        return known

    def key(self) -> str:
        """The id of a key with a description and tags."""
        return self.admin.kms.create_key(Description="a key of the model", Tags=TAGS)["KeyMetadata"]["KeyId"]

    def pending(self) -> str:
        key = self.key()
        self.admin.kms.schedule_key_deletion(KeyId=key)
        return key

    def disabled(self) -> str:
        key = self.key()
        self.admin.kms.disable_key(KeyId=key)
        return key

    def alias(self, key: str | None = None) -> str:
        name = f"alias/{unique('stock')}"
        self.admin.kms.create_alias(AliasName=name, TargetKeyId=key or self.key())
        return name

    def key_policy(self) -> str:
        return policy(statement("Allow", "kms:*", Principal={"AWS": f"arn:aws:iam::{self.admin.account()}:root"}))

    def user(self) -> str:
        """A user with a tag, an inline policy, a managed one and an access key."""
        name, iam = unique("stock"), self.admin.iam
        iam.create_user(UserName=name, Path="/stock/", Tags=[{"Key": "stage", "Value": "model"}])
        iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=ALLOW)
        iam.attach_user_policy(UserName=name, PolicyArn=MANAGED)
        iam.create_access_key(UserName=name)
        return name

    def access_key(self, user: str) -> str:
        return self.admin.iam.list_access_keys(UserName=user)["AccessKeyMetadata"][0]["AccessKeyId"]

    def everything(self) -> dict:
        """All that can be described, to be compared with itself later."""
        kms, iam = self.admin.kms, self.admin.iam
        keys = [key["KeyId"] for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"]]
        users = [user for page in iam.get_paginator("list_users").paginate() for user in page["Users"]]
        return {
            "keys": {key: self.described(key) for key in keys},
            "aliases": [alias for page in kms.get_paginator("list_aliases").paginate() for alias in page["Aliases"]],
            "users": {user["UserName"]: self.of_user(user["UserName"]) for user in users},
        }

    def described(self, key: str) -> tuple:
        kms = self.admin.kms
        return (
            kms.describe_key(KeyId=key)["KeyMetadata"],
            kms.get_key_policy(KeyId=key)["Policy"],
            kms.list_resource_tags(KeyId=key)["Tags"],
        )

    def of_user(self, name: str) -> tuple:
        iam = self.admin.iam
        inline = iam.list_user_policies(UserName=name)["PolicyNames"]
        return (
            iam.get_user(UserName=name)["User"],
            {policy: iam.get_user_policy(UserName=name, PolicyName=policy)["PolicyDocument"] for policy in inline},
            iam.list_attached_user_policies(UserName=name)["AttachedPolicies"],
            iam.list_access_keys(UserName=name)["AccessKeyMetadata"],
        )
