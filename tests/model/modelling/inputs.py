"""Bad inputs out of the model alone: each member at every depth missing, too small, too large, of another kind."""

import dataclasses

from . import oracle, values, wire

# In no pattern of the served models; the second where a pattern has most of Unicode.
STRANGE = ("\N{SNOWMAN}", "\x01")
BITS_32 = 2**31
# Values of another kind than the member's, in JSON. A number beyond 32 bits is no integer of the models.
NUMBER, TRUTH, TEXT, LIST, STRUCTURE = 5, True, "text", [], {}
WRONG_JSON = {
    "string": [NUMBER, TRUTH, LIST, STRUCTURE],
    "blob": [NUMBER, LIST, STRUCTURE, "not base64!", "YQ=", "Y Q="],
    "integer": ["5", 1.5, TRUTH, LIST, STRUCTURE, BITS_32, -BITS_32 - 1, 2**63],
    "boolean": ["true", 1, LIST, STRUCTURE],
    "timestamp": ["2026-01-01T00:00:00Z", TRUTH, LIST, STRUCTURE, 1e300],
    "list": [TEXT, NUMBER, STRUCTURE, [None]],
    "map": [TEXT, NUMBER, LIST, {"a": None}],
    "structure": [TEXT, NUMBER, LIST],
}
WRONG_FORM = {
    "integer": ["five", "1.5", "", "0x5", "5 ", str(BITS_32), str(2**63)],
    "boolean": ["perhaps", "", "1", "True"],
    "list": [TEXT],
    "structure": [TEXT],
}


@dataclasses.dataclass
class Case:
    """A bad input and what is to be said of it."""

    service: str
    operation: str
    what: str
    members: dict
    code: str
    # The whole text; None where `names` says what it must name.
    text: str | None = None
    names: str = ""
    status: int = 400


def cases(service: str, name: str) -> list[Case]:
    """All bad inputs of an operation."""
    shape = wire.operation(service, name).input_shape
    known = values.sound(service)
    if shape is None:
        return []
    found = []
    for path, inner, required in members(shape):
        for what, members_ in broken(shape, known, path, inner, required):
            if inner.type_name == "list" and not wire.is_json(service) and is_unspelt(members_, path):
                continue
            expected = oracle.refusal(wire.model(service), shape, members_)
            assert expected, f"{service}:{name} {what} is not bad at all: {wire.shortened(members_)}"
            code, text = expected
            found.append(Case(service, name, f"{'.'.join(path)} {what}", members_, code, text or None))
        for wrong in (WRONG_JSON if wire.is_json(service) else WRONG_FORM).get(inner.type_name, []):
            code = "SerializationException" if wire.is_json(service) else "MalformedInput"
            what = f"{'.'.join(path)} is {wire.shortened(wrong)}"
            named = oracle.lower([step for step in path if step not in ("[]", "{}")][-1])
            found.append(Case(service, name, what, values.deep(shape, known, path, wrong), code, None, named))
    return found + together(service, name, shape, known)


def is_unspelt(made, path: tuple[str, ...]) -> bool:
    """Whether the list at `path` has nothing in it that the query protocol would spell."""
    for step in path:
        made = (made[0] if made else None) if step == "[]" else (made or {}).get("a" if step == "{}" else step)
    return made is not None and not any(made)


def members(shape, path: tuple[str, ...] = ()):
    """Every place of a value: `(path, shape, required)`, outer ones first."""
    if shape.type_name == "structure":
        inner = [((*path, name), part, name in shape.required_members) for name, part in shape.members.items()]
    elif shape.type_name == "list":
        inner = [((*path, "[]"), shape.member, False)]
    elif shape.type_name == "map":
        inner = [((*path, "{}"), shape.value, False)]
    else:
        inner = []
    for at, part, required in inner:
        yield at, part, required
        yield from members(part, at)


def broken(root, known: dict, path: tuple[str, ...], shape, required: bool):
    """`(what, members)`: the smallest input whose one fault is at `path`."""
    if required:
        outer = values.deep(root, known, path, None)
        yield "is null", outer
        yield "is missing", without(outer, path)
    for what, bad in breaking(shape, known):
        yield what, values.deep(root, known, path, bad)


def without(made, path: tuple[str, ...]):
    step, rest = path[0], path[1:]
    if step in ("[]", "{}"):
        return [without(made[0], rest)] if step == "[]" else {"a": without(made["a"], rest)}
    if rest:
        return made | {step: without(made[step], rest)}
    return {name: value for name, value in made.items() if name != step}


def breaking(shape, known: dict):
    """`(what, value)`: values of the right kind that break a bound, each bound by itself and two together."""
    kind, low, high = shape.type_name, shape.metadata.get("min"), shape.metadata.get("max")
    pattern = shape.metadata.get("pattern")
    if kind == "string" and shape.enum:
        yield "is no value of the set", "unheard-of"
        yield "is empty", ""
        yield "is a value in another case", shape.enum[0].swapcase()
        yield "is a value and more", shape.enum[0] + " "
    elif kind == "string":
        if low:
            yield "is too short", values.text(shape, low - 1) if low > 1 else ""
        if high is not None:
            yield "is too long", values.text(shape, high + 1)
            if not pattern:
                # Characters count, and not the bytes that they take.
                yield "is too long in characters of four bytes", "\N{KEY}" * (high + 1)
        if pattern:
            good = values.value(shape, False, known) or "a"
            strange = next(one for one in STRANGE if not oracle.admits(pattern, one * max(low or 1, 1)))
            yield "does not match", strange * max(low or 1, 1)
            yield "matches at its beginning alone", good + strange
            yield "matches at its end alone", strange + good
            if not oracle.admits(pattern, good + "\n"):
                yield "matches but for a line's end", good + "\n"
            if r"[\w" in pattern:
                yield "has a letter that is none of ASCII", good + "é"
            if high is not None:
                yield "is too long and does not match", "a" * high + strange
    elif kind == "blob":
        if low:
            yield "is too short", b"b" * (low - 1)
        if high is not None:
            yield "is too long", b"b" * (high + 1)
    elif kind == "integer":
        if low is not None:
            yield "is too small", low - 1
            yield "is far too small", -BITS_32
        if high is not None:
            yield "is too large", high + 1
            yield "is far too large", BITS_32 - 1
    elif kind == "list":
        one = values.value(shape.member, False, known)
        if low:
            yield "has too few items", [one] * (low - 1)
        if high is not None:
            yield "has too many items", [values.distinct(shape.member, one, at) for at in range(high + 1)]


def together(service: str, name: str, shape, known: dict) -> list[Case]:
    """Every top member broken at once: all violations are counted, in the order of the model."""
    bad = {}
    for member, inner in shape.members.items():
        spelt = lambda value: wire.is_json(service) or not isinstance(value, list) or any(value)  # noqa: E731
        wrong = [value for _, value in breaking(inner, known) if spelt(value)]
        if wrong:
            bad[member] = wrong[-1]
    expected = oracle.refusal(wire.model(service), shape, bad) if len(bad) > 1 else None
    return [Case(service, name, "everything is wrong", bad, expected[0], expected[1] or None)] if expected else []
