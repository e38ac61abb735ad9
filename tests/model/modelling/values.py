"""Values that keep a model's bounds: the smallest, the largest, and such as name things that are there."""

import json

from rig.server import ACCOUNT, REGION

# What each pattern of the served models admits, of a length.
PATTERNED = {
    r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)": lambda n: "/" if n == 1 else f"/{'a' * (n - 2)}/",
    r"\u002F[\u0021-\u007F]*": lambda n: "/" + "a" * (n - 1),
    r"((/[A-Za-z0-9\.,\+@=_-]+)*)/": lambda n: "/" if n == 1 else f"/{'a' * (n - 2)}/",
    r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?": lambda n: "v1" + "0" * (n - 2),
}
# Where the model gives no upper bound.
UNBOUNDED = {"string": 300, "list": 3, "map": 3}


def text(shape, count: int) -> str:
    pattern = shape.metadata.get("pattern", "")
    return PATTERNED[pattern](count) if pattern in PATTERNED else "a" * count


def value(shape, largest: bool, known: dict):
    """A value at its smallest or largest; `known` has values for members that must name something, or have a form."""
    kind, low, high = shape.type_name, shape.metadata.get("min", 0), shape.metadata.get("max")
    if kind == "string" and shape.enum:
        return shape.enum[-1 if largest else 0]
    if kind == "string":
        least = 2 if shape.metadata.get("pattern", "").startswith("v[") else low
        return text(shape, (high or UNBOUNDED["string"]) if largest else least)
    if kind == "blob":
        return b"b" * (high if largest else low)
    if kind in ("integer", "long"):
        return high if largest else low
    if kind == "boolean":
        return largest
    if kind == "timestamp":
        return 4_102_444_800 if largest else 0
    if kind == "list":
        count = (high or UNBOUNDED["list"]) if largest else low
        return [distinct(shape.member, value(shape.member, largest, known), at) for at in range(count)]
    if kind == "map":
        return {f"k{at}": value(shape.value, largest, known) for at in range(UNBOUNDED["map"] if largest else low)}
    return structure(shape, largest, known)


def distinct(shape, made, at: int):
    """Items of a list that differ in their first text, as keys of tags must."""
    if shape.type_name == "structure":
        first = next(iter(shape.required_members), None)
        return made | {first: f"{at:03}{made[first][3:]}"} if first and not shape.members[first].enum else made
    return f"{at:03}{made[3:]}" if shape.type_name == "string" and not shape.enum and len(made) > 3 else made


def structure(shape, largest: bool, known: dict) -> dict:
    """With all members, or with those that are required alone."""
    members = shape.members.items() if largest else [(name, shape.members[name]) for name in shape.required_members]
    return {name: known[name] if name in known else value(inner, largest, known) for name, inner in members}


def deep(shape, known: dict, path: tuple[str, ...], made):
    """The smallest structure that has `made` at `path`; `[]` is the one item of a list, `{}` the value of a map."""
    if not path:
        return made
    step, rest = path[0], path[1:]
    if step == "[]":
        return [deep(shape.member, known, rest, made)]
    if step == "{}":
        return {"a": deep(shape.value, known, rest, made)}
    return structure(shape, False, known) | {step: deep(shape.members[step], known, rest, made)}


def sound(service: str) -> dict:
    """Values of a right form that name nothing, for inputs that are refused before anything is looked up."""
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/12345678-1234-4123-8123-123456789012"
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    named = {
        "kms": {"KeyId": arn, "TargetKeyId": arn, "AliasName": "alias/sound", "Policy": policy},
        # An empty list is nothing at all in the query protocol.
        "iam": {"Tags": [{"Key": "sound", "Value": ""}], "TagKeys": ["sound"]},
        "sts": {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/sound"},
    }
    return named.get(service, {})
