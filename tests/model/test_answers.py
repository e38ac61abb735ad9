"""Sound inputs, smallest and largest: accepted, or refused by a declared error; and every answer is the model's."""

import functools

from modelling import answers, values, wire as wires

# Errors that an operation does not declare and yet gives for sound inputs, each with its reason.
UNDECLARED = {
    # The model calls optional what the service demands (one of two members), or has a wider bound than it.
    "ValidationException": (
        *("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:GenerateRandom"),
        *("kms:ScheduleKeyDeletion", "kms:ListAliases", "kms:ListResourceTags", "kms:Decrypt"),
        # AWS's recorded words for an alias without its prefix, and for a usage that a key spec has not.
        *("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias", "kms:CreateKey"),
        # The one list of KMS that declares no error for a marker that is none.
        "kms:ListKeyPolicies",
    ),
    # A marker that is none.
    "ValidationError": (
        *("iam:ListAccessKeys", "iam:ListAttachedUserPolicies", "iam:ListGroupsForUser"),
        *("iam:ListUserPolicies", "iam:ListUsers", "iam:ListRoles", "iam:ListRolePolicies", "iam:ListRoleTags"),
        *("iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListEntitiesForPolicy"),
        *("iam:ListPolicies", "iam:ListPolicyTags", "iam:ListPolicyVersions"),
        # An empty list is nothing at all in the query protocol.
        *("iam:TagRole", "iam:UntagRole", "iam:TagPolicy", "iam:UntagPolicy"),
        # The ARN of something else than a role.
        "sts:AssumeRole",
    ),
    # Second factors that are nobody's.
    "AccessDenied": ("sts:AssumeRole",),
    # It takes grant tokens and declares no error for one that is none.
    "InvalidGrantTokenException": ("kms:DescribeKey",),
    # Answers for attested recipients are not offered yet, and what is not served is refused.
    "UnsupportedOperationException": ("kms:GenerateDataKey",),
}


_departed: set[tuple[str, str]] = set()


def sound_inputs(shape, known):
    """`(what, make)`: all members or the required ones; each one alone, at its smallest and at its largest."""
    yield "the smallest", lambda: values.structure(shape, False, known())
    yield "the largest", lambda: values.structure(shape, True, {})
    for name, inner in shape.members.items():
        alone = {f"at its {what}": values.value(inner, what == "largest", {}) for what in ("smallest", "largest")}
        if inner.type_name == "string" and "max" in inner.metadata and not {"pattern", "enum"} & set(inner.metadata):
            # A bound of characters is none of bytes.
            alone["in characters of four bytes"] = "\N{KEY}" * inner.metadata["max"]
        for what, value in alone.items():
            yield f"{name} {what}", functools.partial(one_more, shape, known, name, value)
    yield "everything of a right name", lambda: named(shape, known())


def one_more(shape, known, name: str, value) -> dict:
    return values.structure(shape, False, known()) | {name: value}


def named(shape, known: dict) -> dict:
    fitting = {name: value for name, value in known.items() if name in shape.members}
    return values.structure(shape, False, known) | fitting


def test_sound_inputs(wire, stock, service, name):
    model = wires.operation(service, name)
    declared = {error.error_code for error in model.error_shapes} | {error.name for error in model.error_shapes}
    wrong, good = [], 0
    for what, make in sound_inputs(model.input_shape, lambda: stock.known(service, name)):
        members = make()
        answer = wire.call(service, name, members)
        if answer.status == 200:
            good += 1
            wrong += [f"{what}: {text}" for text in answers.complaints(service, name, answer)]
        elif answer.code not in declared and f"{service}:{name}" in UNDECLARED.get(answer.code, ()):
            _departed.add((answer.code, f"{service}:{name}"))
        elif answer.code not in declared:
            wrong.append(f"{what}: {answer.code} is not declared: {answer.text}\n  {wires.shortened(members)}")
        elif "validation error" in answer.text and not answer.code.startswith("Validation"):
            wrong.append(f"{what}: {answer}")
    assert not wrong, "\n".join(wrong)
    assert good, f"{service}:{name} was never answered"


def test_each_departure_still_happens():
    stale = {(code, place) for code, places in UNDECLARED.items() for place in places} - _departed
    assert not stale, f"take them out of UNDECLARED: {sorted(stale)}"


def test_what_is_served_is_what_the_house_files_say(wire, admin):
    """A caller who may do nothing tries every operation of every model: those that are not served are not known."""
    from conftest import OPERATIONS, house_files
    from rig.clients import make_user

    nobody = wires.Wire(make_user(admin))
    every = [(service, name) for service in house_files() for name in wires.model(service).operation_names]
    got = nobody.calls([(service, name, {}) for service, name in every])
    unknown = ("UnknownOperationException", "InvalidAction")
    served = [place for place, answer in zip(every, got, strict=True) if answer.code not in unknown]
    assert sorted(served) == sorted(OPERATIONS)
    assert len(every) > 300 and len(served) < len(every)
