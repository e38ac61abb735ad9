"""What AWS says of an input that breaks its model: a reading of the model apart from the program's."""

import re

# The program repeats no more of a value than this: the text goes to the trail too.
SHOWN_CHARS_MAX = 2048
# The protocols' codes, and whether the value is repeated in the text.
QUOTED = {"json": ("ValidationException", True), "query": ("ValidationError", False)}
# Shapes whose values CloudTrail judges itself: what its model declares as errors could otherwise never be answered.
OWN = {
    "MaxResults": "InvalidMaxResultsException",
    "EventCategory": "InvalidEventCategoryException",
    "LookupAttributeKey": "InvalidLookupAttributesException",
    "LookupAttributeValue": "InvalidLookupAttributesException",
}
SCALARS = ("string", "integer", "long", "float", "double", "boolean", "timestamp", "blob")


def refusal(model, shape, members: dict) -> tuple[str, str] | None:
    """Code and text; None for an input that keeps all bounds. Without a text the service has words of its own."""
    if model.service_name == "cloudtrail":
        missing = [text for text in structure(shape, members, "", True, False) if "must not be null" in text]
        own = None if missing else own_fault(shape, members)
        if own or not missing:
            return (own, "") if own else None
        texts = missing
    else:
        texts = structure(shape, members, "", QUOTED[model.metadata["protocol"]][1], False)
    if not texts:
        return None
    noun = "error" if len(texts) == 1 else "errors"
    return QUOTED[model.metadata["protocol"]][0], f"{len(texts)} validation {noun} detected: {'; '.join(texts)}"


def own_fault(shape, value) -> str | None:
    if shape.type_name == "structure":
        found = (own_fault(shape.members[name], inner) for name, inner in value.items() if name in shape.members)
        return next(filter(None, found), None)
    if shape.type_name == "list":
        return next(filter(None, (own_fault(shape.member, inner) for inner in value)), None)
    return OWN.get(shape.name) if scalar(shape, value) else None


def structure(shape, members: dict, place: str, quoted: bool, hidden: bool) -> list[str]:
    texts = []
    for name, inner in shape.members.items():
        at = f"{place}.{lower(name)}" if place else lower(name)
        value = members.get(name)
        if value is None:
            if name in shape.required_members:
                null = "Value null" if quoted else "Value"
                texts.append(f"{null} at '{at}' failed to satisfy constraint: Member must not be null")
            continue
        texts += violations(inner, value, at, quoted, hidden or bool(inner.metadata.get("sensitive")))
    return texts


def violations(shape, value, place: str, quoted: bool, hidden: bool) -> list[str]:
    if shape.type_name == "structure":
        return structure(shape, value, place, quoted, hidden)
    shown = "Value"
    if quoted and not hidden and (text := printed(shape, value)) is not None and len(text) <= SHOWN_CHARS_MAX:
        shown = f"Value '{text}'"
    rules = length(shape, len(value)) if shape.type_name in ("list", "map") else scalar(shape, value)
    nested = []
    if shape.type_name == "list" and shape.member.type_name in SCALARS:
        if any(scalar(shape.member, item) for item in value):
            rules.append(f"Member must satisfy constraint: [{', '.join(all_rules(shape.member))}]")
    elif shape.type_name == "list":
        for index, item in enumerate(value, 1):
            nested += violations(shape.member, item, f"{place}.{index}.member", quoted, hidden)
    elif shape.type_name == "map":
        if any(scalar(shape.key, key) for key in value):
            rules.append(f"Map keys must satisfy constraint: [{', '.join(all_rules(shape.key))}]")
        if any(scalar(shape.value, item) for item in value.values()):
            rules.append(f"Map value must satisfy constraint: [{', '.join(all_rules(shape.value))}]")
    return [f"{shown} at '{place}' failed to satisfy constraint: {rule}" for rule in rules] + nested


def printed(shape, value) -> str | None:
    """As Java prints it; None where it prints what is of no use to anybody (the address of a structure)."""
    if shape.type_name == "blob":
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    if shape.type_name == "list":
        plain = shape.member.type_name in SCALARS or not value
        return f"[{', '.join(str(item) for item in value)}]" if plain else None
    if shape.type_name == "map":
        plain = shape.value.type_name in SCALARS or not value
        return "{" + ", ".join(f"{key}={item}" for key, item in sorted(value.items())) + "}" if plain else None
    return str(value)


def scalar(shape, value) -> list[str]:
    """The rules that a value breaks."""
    if shape.type_name == "string" and shape.enum:
        return [] if value in shape.enum else all_rules(shape)
    if shape.type_name == "string":
        pattern = shape.metadata.get("pattern")
        bad = pattern is not None and not admits(pattern, value)
        unmatched = [f"Member must satisfy regular expression pattern: {pattern}"] if bad else []
        return unmatched + length(shape, len(value))
    if shape.type_name == "blob":
        return length(shape, len(value))
    if shape.type_name in ("integer", "long"):
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        too_low = [f"Member must have value greater than or equal to {low}"] if low is not None and value < low else []
        too_high = [f"Member must have value less than or equal to {high}"] if high is not None and value > high else []
        return too_low + too_high
    return []


def length(shape, count: int) -> list[str]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    too_low = [f"Member must have length greater than or equal to {low}"] if count < low else []
    over = high is not None and count > high
    return too_low + ([f"Member must have length less than or equal to {high}"] if over else [])


def all_rules(shape) -> list[str]:
    """The rules of a list's item or a map's key, broken or not: AWS names all of them."""
    if shape.type_name == "string" and shape.enum:
        return [f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"]
    what = "value" if shape.type_name in ("integer", "long") else "length"
    low, high, pattern = (shape.metadata.get(rule) for rule in ("min", "max", "pattern"))
    rules = [f"Member must have {what} less than or equal to {high}"] if high is not None else []
    rules += [f"Member must have {what} greater than or equal to {low}"] if low is not None else []
    return rules + ([f"Member must satisfy regular expression pattern: {pattern}"] if pattern else [])


def admits(pattern: str, text: str) -> bool:
    """Java's reading: the whole text, ASCII classes. The categories of IAM's tags are near enough to Python's."""
    if r"\p{" in pattern:
        assert pattern.startswith(r"[\p{L}\p{Z}\p{N}"), pattern
        kept = pattern.replace(r"\p{L}\p{Z}\p{N}", "")
        plain = "".join("" if c.isalpha() or c.isnumeric() or (c.isspace() and c.isprintable()) else c for c in text)
        return re.fullmatch(kept[:-1] + "*", plain, re.ASCII) is not None and (kept[-1] == "*" or text != "")
    return re.fullmatch(pattern, text, re.ASCII) is not None


def lower(name: str) -> str:
    return name[:1].lower() + name[1:]
