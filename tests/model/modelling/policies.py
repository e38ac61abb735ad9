"""Managed policies of the customer for calls to act upon, and how the operations on them come to each of their errors."""

from rig.clients import policy, statement, unique

ALLOW = policy(statement("Allow", "kms:ListKeys"))
TAGS = [{"Key": "stage", "Value": "model"}]
OPERATIONS = (
    *("CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "ListEntitiesForPolicy", "ListPolicies"),
    *("ListPolicyTags", "ListPolicyVersions", "SetDefaultPolicyVersion", "TagPolicy", "UntagPolicy"),
)


def own(stock, versions: int = 2) -> str:
    """The ARN of a policy with a tag and so many versions."""
    made = stock.admin.iam.create_policy(PolicyName=unique("stock"), PolicyDocument=ALLOW, Tags=TAGS)["Policy"]
    for _ in range(versions - 1):
        stock.admin.iam.create_policy_version(PolicyArn=made["Arn"], PolicyDocument=ALLOW)
    return made["Arn"]


def known(name: str, stock) -> dict:
    arn = own(stock, 1 if name == "DeletePolicy" else 2)
    values = {"PolicyArn": arn, "PolicyDocument": ALLOW, "VersionId": "v2", "Tags": TAGS, "TagKeys": ["stage"]}
    if name == "CreatePolicy":
        values["PolicyName"] = unique("made")
    return values | {"Path": "/", "PathPrefix": "/"}


NEEDED = {
    "CreatePolicy": ("PolicyName", "PolicyDocument"),
    "CreatePolicyVersion": ("PolicyArn", "PolicyDocument"),
    "DeletePolicyVersion": ("PolicyArn", "VersionId"),
    "ListPolicies": (),
    "SetDefaultPolicyVersion": ("PolicyArn", "VersionId"),
    "TagPolicy": ("PolicyArn", "Tags"),
    "UntagPolicy": ("PolicyArn", "TagKeys"),
}


def stories(name: str, stock):
    """`(error, members)`, as in faults.py."""
    values = known(name, stock)
    base = {member: values[member] for member in NEEDED.get(name, ("PolicyArn",))}
    long = policy(*[statement("Allow", "kms:ListKeys")] * 120)
    if "PolicyArn" in base:
        yield "NoSuchEntity", base | {"PolicyArn": "arn:aws:iam::aws:policy/NoPolicyOfThisName"}
        yield "InvalidInput", base | {"PolicyArn": "no-arn-but-long-enough-for-one"}
    if "VersionId" in base:
        yield "NoSuchEntity", base | {"VersionId": "v9"}
    if "PolicyDocument" in base:
        yield "MalformedPolicyDocument", base | {"PolicyDocument": "{}"}
        yield "LimitExceeded", base | {"PolicyDocument": long}
    if name in ("CreatePolicy", "TagPolicy"):
        yield "InvalidInput", base | {"Tags": [{"Key": "twice", "Value": "1"}, {"Key": "TWICE", "Value": "2"}]}
    if name == "CreatePolicy":
        yield "EntityAlreadyExists", base | {"PolicyName": own(stock).rsplit("/", 1)[1]}
    if name == "CreatePolicyVersion":
        yield "LimitExceeded", base | {"PolicyArn": own(stock, 5)}
    if name == "DeletePolicy":
        yield "DeleteConflict", {"PolicyArn": own(stock, 2)}
    if name == "DeletePolicyVersion":
        yield "DeleteConflict", base | {"VersionId": "v1"}
    if name == "TagPolicy":
        full = [{"Key": f"k{number}", "Value": ""} for number in range(49)]
        stock.admin.iam.tag_policy(PolicyArn=base["PolicyArn"], Tags=full)
        yield "LimitExceeded", base | {"Tags": [{"Key": "more", "Value": ""}]}
