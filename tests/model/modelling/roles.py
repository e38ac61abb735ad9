"""Roles for calls to act upon, and how the operations on them come to each of their errors."""

import json

from rig.clients import policy, statement, unique

MANAGED = "arn:aws:iam::aws:policy/AdministratorAccess"
NOBODY = "nobody-of-that-name"
ALLOW = policy(statement("Allow", "kms:ListKeys"))
STS = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
TAGS = [{"Key": "stage", "Value": "model"}]


def is_of_roles(name: str) -> bool:
    return "Role" in name


def trust(account: str, **more) -> str:
    allow = {"Effect": "Allow", "Action": STS, "Principal": {"AWS": f"arn:aws:iam::{account}:root"}}
    return json.dumps({"Version": "2012-10-17", "Statement": allow} | more)


def role(stock) -> str:
    """A role with a tag, an inline policy and a managed one."""
    name, iam = unique("stock"), stock.admin.iam
    document = trust(stock.admin.account())
    iam.create_role(RoleName=name, Path="/stock/", AssumeRolePolicyDocument=document, Tags=TAGS)
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=ALLOW)
    iam.attach_role_policy(RoleName=name, PolicyArn=MANAGED)
    return name


def known(name: str, stock) -> dict:
    """Values for the members of an operation that name something, so that the call can succeed."""
    document = trust(stock.admin.account())
    own = role(stock)
    values = {"RoleName": own, "PolicyName": "inline", "PolicyDocument": ALLOW, "PolicyArn": MANAGED}
    values |= {"Path": "/", "PathPrefix": "/", "Tags": TAGS, "TagKeys": ["stage"], "AssumeRolePolicyDocument": document}
    iam = stock.admin.iam
    if name == "CreateRole":
        values["RoleName"] = unique("made")
    elif name == "DeleteRole":
        iam.delete_role_policy(RoleName=own, PolicyName="inline")
        iam.detach_role_policy(RoleName=own, PolicyArn=MANAGED)
    elif name == "UpdateAssumeRolePolicy":
        values["PolicyDocument"] = document
    elif name == "AssumeRole":
        return {"RoleArn": iam.get_role(RoleName=own)["Role"]["Arn"], "RoleSessionName": "model", "Policy": ALLOW}
    return values


NEEDED = {
    "AssumeRole": ("RoleArn", "RoleSessionName"),
    "AttachRolePolicy": ("RoleName", "PolicyArn"),
    "CreateRole": ("RoleName", "AssumeRolePolicyDocument"),
    "DeleteRolePolicy": ("RoleName", "PolicyName"),
    "DetachRolePolicy": ("RoleName", "PolicyArn"),
    "GetRolePolicy": ("RoleName", "PolicyName"),
    "ListRoles": (),
    "PutRolePolicy": ("RoleName", "PolicyName", "PolicyDocument"),
    "TagRole": ("RoleName", "Tags"),
    "UntagRole": ("RoleName", "TagKeys"),
    "UpdateAssumeRolePolicy": ("RoleName", "PolicyDocument"),
}


def stories(name: str, stock):
    """`(error, members)`, as in faults.py."""
    values = known(name, stock)
    base = {member: values[member] for member in NEEDED.get(name, ("RoleName",))}
    twice = [{"Key": "twice", "Value": "1"}, {"Key": "TWICE", "Value": "2"}]
    if name not in ("AssumeRole", "CreateRole", "ListRoles"):
        yield "NoSuchEntity", base | {"RoleName": NOBODY}
    if "PolicyArn" in base:
        yield "NoSuchEntity", base | {"PolicyArn": "arn:aws:iam::aws:policy/NoPolicyOfThisName"}
        yield "InvalidInput", base | {"PolicyArn": "no-arn-but-long-enough-for-one"}
    if name in ("CreateRole", "TagRole"):
        yield "InvalidInput", base | {"Tags": twice}
    yield from OTHERS.get(name, lambda *_: ())(base, stock)


def assume_role(base, stock):
    yield "MalformedPolicyDocument", base | {"Policy": "{}"}
    tags = [{"Key": f"{number:0128}", "Value": "v" * 256} for number in range(50)]
    longest = policy(statement("Allow", "kms:ListKeys", Sid="s" * 1_900))
    yield "PackedPolicyTooLarge", base | {"Tags": tags, "Policy": longest, "PolicyArns": [{"arn": MANAGED}] * 10}


def create_role(base, stock):
    yield "EntityAlreadyExists", base | {"RoleName": role(stock)}
    yield "MalformedPolicyDocument", base | {"AssumeRolePolicyDocument": "{}"}
    long = trust(stock.admin.account(), Id="x" * 2_048)
    yield "LimitExceeded", base | {"AssumeRolePolicyDocument": long}


def delete_role(base, stock):
    yield "DeleteConflict", {"RoleName": role(stock)}


def put_role_policy(base, stock):
    yield "MalformedPolicyDocument", base | {"PolicyDocument": "{}"}
    yield "LimitExceeded", base | {"PolicyDocument": policy(*[statement("Allow", "kms:ListKeys")] * 190)}


def tag_role(base, stock):
    # With the one that it has: fifty.
    full = [{"Key": f"k{number}", "Value": ""} for number in range(49)]
    stock.admin.iam.tag_role(RoleName=base["RoleName"], Tags=full)
    yield "LimitExceeded", base | {"Tags": [{"Key": "more", "Value": ""}]}


def update_assume_role_policy(base, stock):
    yield "MalformedPolicyDocument", base | {"PolicyDocument": "{}"}
    yield "LimitExceeded", base | {"PolicyDocument": trust(stock.admin.account(), Id="x" * 2_048)}


OTHERS = {
    "AssumeRole": assume_role,
    "CreateRole": create_role,
    "DeleteRole": delete_role,
    "PutRolePolicy": put_role_policy,
    "TagRole": tag_role,
    "UpdateAssumeRolePolicy": update_assume_role_policy,
}
