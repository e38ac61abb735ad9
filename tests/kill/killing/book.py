"""The books of one client: what it made and what must be true of it. Each step becomes a call with the effect that an
acknowledgement has on the books. A client's things are its own, so its books are exact; only what is contested or shared is not."""

import base64
import collections.abc
import dataclasses
import json
import typing
import urllib.parse

ACCESS_KEYS_MAX = 2
ACCOUNT = "111122223333"


@dataclasses.dataclass
class Key:
    id: str
    description: str = ""
    tags: dict[str, str] = dataclasses.field(default_factory=dict)
    policy: str | None = None
    state: str = "Enabled"


@dataclasses.dataclass
class User:
    name: str
    policies: dict[str, str] = dataclasses.field(default_factory=dict)
    access_keys: dict[str, str] = dataclasses.field(default_factory=dict)
    gone: bool = False


@dataclasses.dataclass
class Blob:
    blob: str
    plaintext: str
    key: Key
    # What its encryption context says.
    mark: str


@dataclasses.dataclass
class Call:
    service: str
    operation: str
    body: dict
    # What is true once it is acknowledged. It is given the answer, or the event of the trail if no answer came.
    effect: collections.abc.Callable[[typing.Any], None] | None = None
    # Whether it changes something; the others leave nothing behind, but an event.
    writes: bool = True
    # What else may be answered, because others want the same.
    refusals: tuple[str, ...] = ()
    # What is wrong with the answer; None if nothing is.
    wrong: collections.abc.Callable[[typing.Any], str | None] | None = None
    # The name that only one may get, or the shared thing that is written or read.
    contested: str | None = None
    shared: str | None = None


class Book:
    def __init__(self, client: int, shared_key: str):
        self.client, self.shared_key = client, shared_key
        self.keys: list[Key] = []
        self.users: list[User] = []
        self.aliases: dict[str, Key] = {}
        self.blobs: list[Blob] = []
        self.contests: dict[str, int] = {}

    def call(self, step) -> Call:
        make = getattr(self, "do_" + "".join("_" + c.lower() if c.isupper() else c for c in step.what)[1:])
        call = make(step)
        if call is not None:
            return call
        return self.do_create_user(step) if "User" in step.what or "Access" in step.what else self.do_create_key(step)

    def contest(self, cycle: str, what: str) -> str:
        """Each client's n-th try for a name is for the same one."""
        self.contests[cycle + what] = self.contests.get(cycle + what, 0) + 1
        return f"contested-{cycle}-{self.contests[cycle + what]}"

    # KMS.

    def do_create_key(self, step):
        def effect(answer):
            key = Key(answer.get("KeyId"), step.mark)
            self.keys.append(key)

        return Call("kms", "CreateKey", {"Description": step.mark}, effect)

    def do_tag_resource(self, step):
        key = pick([k for k in self.keys if k.state != "PendingDeletion"], step)
        if key is None:
            return None
        name = f"tag{step.pick % 5}"
        body = {"KeyId": key.id, "Tags": [{"TagKey": name, "TagValue": step.mark}]}
        return Call("kms", "TagResource", body, lambda _: key.tags.update({name: step.mark}))

    def do_untag_resource(self, step):
        key = pick([k for k in self.keys if k.tags and k.state != "PendingDeletion"], step)
        if key is None:
            return None
        name = sorted(key.tags)[0]
        return Call("kms", "UntagResource", {"KeyId": key.id, "TagKeys": [name]}, lambda _: key.tags.pop(name))

    def do_create_alias(self, step, name=None):
        key = pick([k for k in self.keys if k.state == "Enabled"], step)
        if key is None:
            return None
        alias = f"alias/{name or step.mark}"
        return Call(
            "kms",
            "CreateAlias",
            {"AliasName": alias, "TargetKeyId": key.id},
            lambda _: self.aliases.update({alias: key}),
        )

    def do_contested_alias(self, step):
        call = self.do_create_alias(step, self.contest(step.mark.split("x")[0], "alias"))
        if call is not None:
            call.contested, call.refusals = call.body["AliasName"], ("AlreadyExistsException",)
        return call

    def do_update_alias(self, step):
        key, alias = pick([k for k in self.keys if k.state == "Enabled"], step), pick(sorted(self.aliases), step)
        # The key that it leaves is judged as well.
        if key is None or alias is None or self.aliases[alias].state == "PendingDeletion":
            return None
        body = {"AliasName": alias, "TargetKeyId": key.id}
        return Call("kms", "UpdateAlias", body, lambda _: self.aliases.update({alias: key}))

    def do_delete_alias(self, step):
        alias = pick([a for a in sorted(self.aliases) if "contested" not in a], step)
        return alias and Call("kms", "DeleteAlias", {"AliasName": alias}, lambda _: self.aliases.pop(alias))

    def do_update_key_description(self, step):
        key = pick([k for k in self.keys if k.state != "PendingDeletion"], step)
        if key is None:
            return None
        body = {"KeyId": key.id, "Description": step.mark}
        return Call("kms", "UpdateKeyDescription", body, lambda _: setattr(key, "description", step.mark))

    def do_shared_description(self, step):
        body = {"KeyId": self.shared_key, "Description": step.mark}
        # Eight tries for a commit may all meet another's.
        conflict = ("KMSInternalException",)
        return Call("kms", "UpdateKeyDescription", body, lambda _: None, refusals=conflict, shared=step.mark)

    def do_describe_shared(self, step):
        return Call("kms", "DescribeKey", {"KeyId": self.shared_key}, writes=False, shared="")

    def do_describe_key(self, step):
        key = pick(self.keys, step)
        return key and Call("kms", "DescribeKey", {"KeyId": key.id}, writes=False, wrong=wrong_key(key))

    def do_put_key_policy(self, step):
        key = pick([k for k in self.keys if k.state != "PendingDeletion"], step)
        if key is None:
            return None
        root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        owner = {"Sid": step.mark, "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [owner]})
        body = {"KeyId": key.id, "PolicyName": "default", "Policy": policy}
        return Call("kms", "PutKeyPolicy", body, lambda _: setattr(key, "policy", policy))

    def do_disable_key(self, step):
        return self.change("DisableKey", step, ("Enabled",), "Disabled")

    def do_enable_key(self, step):
        return self.change("EnableKey", step, ("Disabled",), "Enabled")

    def do_schedule_key_deletion(self, step):
        call = self.change("ScheduleKeyDeletion", step, ("Enabled", "Disabled"), "PendingDeletion")
        if call is not None:
            call.body["PendingWindowInDays"] = 7
        return call

    def do_cancel_key_deletion(self, step):
        return self.change("CancelKeyDeletion", step, ("PendingDeletion",), "Disabled")

    def change(self, operation, step, states, state):
        key = pick([k for k in self.keys if k.state in states], step)
        return key and Call("kms", operation, {"KeyId": key.id}, lambda _: setattr(key, "state", state))

    def do_encrypt(self, step):
        key = pick([k for k in self.keys if k.state == "Enabled"], step)
        if key is None:
            return None
        plaintext = base64.b64encode(f"plaintext {step.mark}".encode()).decode()
        body = {"KeyId": key.id, "Plaintext": plaintext, "EncryptionContext": {"mark": step.mark}}

        def effect(answer):
            self.blobs.append(Blob(answer.get("CiphertextBlob"), plaintext, key, step.mark))

        return Call("kms", "Encrypt", body, effect, writes=False)

    def do_generate_data_key(self, step):
        key = pick([k for k in self.keys if k.state == "Enabled"], step)
        if key is None:
            return None
        body = {"KeyId": key.id, "KeySpec": "AES_256", "EncryptionContext": {"mark": step.mark}}

        def effect(answer):
            self.blobs.append(Blob(answer.get("CiphertextBlob"), answer.get("Plaintext"), key, step.mark))

        return Call("kms", "GenerateDataKey", body, effect, writes=False)

    def do_decrypt(self, step):
        blob = pick([b for b in self.blobs if b.key.state == "Enabled"], step)
        return blob and decrypt(blob)

    # IAM.

    def do_create_user(self, step, name=None):
        name = name or f"user-{step.mark}"
        return Call("iam", "CreateUser", {"UserName": name}, lambda _: self.users.append(User(name)))

    def do_contested_user(self, step):
        call = self.do_create_user(step, self.contest(step.mark.split("x")[0], "user"))
        call.contested, call.refusals = call.body["UserName"], ("EntityAlreadyExists",)
        return call

    def do_delete_user(self, step):
        # A contested name that is free again may rightly be won by another.
        own = [u for u in self.living() if not u.policies and not u.access_keys and "contested" not in u.name]
        user = pick(own, step)
        return user and Call("iam", "DeleteUser", {"UserName": user.name}, lambda _: setattr(user, "gone", True))

    def do_put_user_policy(self, step):
        user = pick(self.living(), step)
        if user is None:
            return None
        name = f"policy{step.pick % 3}"
        allowed = {"Sid": step.mark, "Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        body = {"UserName": user.name, "PolicyName": name, "PolicyDocument": policy}
        return Call("iam", "PutUserPolicy", body, lambda _: user.policies.update({name: policy}))

    def do_delete_user_policy(self, step):
        user = pick([u for u in self.living() if u.policies], step)
        if user is None:
            return None
        name = sorted(user.policies)[0]
        body = {"UserName": user.name, "PolicyName": name}
        return Call("iam", "DeleteUserPolicy", body, lambda _: user.policies.pop(name))

    def do_get_user_policy(self, step):
        user = pick([u for u in self.living() if u.policies], step)
        return user and user_policy(user, sorted(user.policies)[0])

    def do_create_access_key(self, step):
        user = pick([u for u in self.living() if len(u.access_keys) < ACCESS_KEYS_MAX], step)
        if user is None:
            return None
        return Call(
            "iam",
            "CreateAccessKey",
            {"UserName": user.name},
            lambda answer: user.access_keys.update({answer.get("AccessKeyId"): "Active"}),
        )

    def do_update_access_key(self, step):
        user = pick([u for u in self.living() if u.access_keys], step)
        if user is None:
            return None
        key = sorted(user.access_keys)[0]
        status = "Inactive" if user.access_keys[key] == "Active" else "Active"
        body = {"UserName": user.name, "AccessKeyId": key, "Status": status}
        return Call("iam", "UpdateAccessKey", body, lambda _: user.access_keys.update({key: status}))

    def do_delete_access_key(self, step):
        user = pick([u for u in self.living() if u.access_keys], step)
        if user is None:
            return None
        key = sorted(user.access_keys)[0]
        body = {"UserName": user.name, "AccessKeyId": key}
        return Call("iam", "DeleteAccessKey", body, lambda _: user.access_keys.pop(key))

    def living(self) -> list[User]:
        return [user for user in self.users if not user.gone]


def pick(things: list, step):
    return things[step.pick % len(things)] if things else None


def wrong_key(key: Key):
    def wrong(answer):
        got = (answer.get("Description"), answer.get("KeyState"))
        wanted = (key.description, key.state)
        return None if got == wanted else f"key {key.id} reads {got}, and should read {wanted}"

    return wrong


def user_policy(user: User, name: str) -> Call:
    wanted = json.loads(user.policies[name])

    def wrong(answer):
        got = urllib.parse.unquote(answer.get("PolicyDocument") or "{}")
        return None if json.loads(got) == wanted else f"policy {name} of {user.name} reads {got}, should be {wanted}"

    return Call("iam", "GetUserPolicy", {"UserName": user.name, "PolicyName": name}, writes=False, wrong=wrong)


def decrypt(blob: Blob) -> Call:
    """Of a key that may not be used just now, the right answer is the refusal."""
    refused = {"Disabled": "DisabledException", "PendingDeletion": "KMSInvalidStateException"}.get(blob.key.state)
    body = {"CiphertextBlob": blob.blob, "EncryptionContext": {"mark": blob.mark}}

    def wrong(answer):
        if refused is not None:
            return None if answer.code == refused else f"a key is {blob.key.state}, and Decrypt says {answer.text}"
        if answer.get("Plaintext") != blob.plaintext:
            return f"a ciphertext under {blob.key.id} gives {answer.text} instead of {blob.plaintext}"
        return None

    return Call("kms", "Decrypt", body, None, False, (refused,) if refused else (), wrong)
