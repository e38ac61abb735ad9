"""Bad inputs of every member at every depth: AWS's code and text, no secret repeated, nothing changed, one record."""

import collections
import json
import time

import pytest

from modelling import inputs, wire as wires
from rig import raw
from rig.clients import make_user, statement

# How long the look-up may lag behind the calls.
INDEX_SECONDS_MAX = 20
# Refusals of one caller share records when there are more than a few hundred of them at once.
REFUSALS_PER_CALLER = 400


@pytest.fixture(scope="session")
def cases() -> dict[tuple[str, str], list[inputs.Case]]:
    from conftest import OPERATIONS

    return {place: inputs.cases(*place) for place in OPERATIONS}


@pytest.fixture(scope="session")
def before_and_after(admin, stock, cases):
    """Sends all bad inputs at once, between two looks at everything that is there."""
    stock.pending()
    stock.alias()
    stock.user()
    every = [case for of_one in cases.values() for case in of_one]
    parts = [every[at : at + REFUSALS_PER_CALLER] for at in range(0, len(every), REFUSALS_PER_CALLER)]
    callers = [make_user(admin, statement("Allow", "*")) for _ in parts]
    before, answered = stock.everything(), []
    for part, caller in zip(parts, callers, strict=True):
        answers = wires.Wire(caller).calls([(case.service, case.operation, case.members) for case in part])
        answered += zip(part, answers, strict=True)
    return before, answered, stock.everything()


@pytest.fixture(scope="session")
def answered(before_and_after) -> dict[tuple[str, str], list[tuple[inputs.Case, raw.Answer]]]:
    found = collections.defaultdict(list)
    for case, answer in before_and_after[1]:
        found[(case.service, case.operation)].append((case, answer))
    return found


def test_bad_inputs_are_refused_in_the_words_of_aws(answered, service, name):
    wrong = [text for case, answer in answered[(service, name)] if (text := complaint(case, answer))]
    told = "\n\n".join(wrong[:10])
    assert not wrong, f"{len(wrong)} of {len(answered[(service, name)])} bad inputs of {service}:{name}:\n{told}"


def complaint(case: inputs.Case, answer: raw.Answer) -> str | None:
    """What is not as it should be; None if all is well."""
    problem = None
    if (answer.status, answer.code) != (case.status, case.code):
        problem = f"expected {case.status} {case.code} {case.text or ''}"
    elif case.text is not None and answer.text != case.text:
        problem = f"expected: {wires.shortened(case.text)}"
    elif case.names and case.names.lower() not in answer.text.lower():
        problem = f"the text should name '{case.names}'"
    elif told := repeated(case, answer):
        problem = f"the answer repeats what is secret: {told}"
    what = f"{case.what}: {wires.shortened(case.members)}"
    return problem and f"{what}\n  {problem}\n  got {answer.status} {answer.code}: {wires.shortened(answer.text)}"


def repeated(case: inputs.Case, answer: raw.Answer) -> str | None:
    """A secret that the answer repeats."""
    shape = wires.operation(case.service, case.operation).input_shape
    for path, inner, _ in inputs.members(shape):
        if not inner.metadata.get("sensitive"):
            continue
        value = case.members
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        shown = wires.base64_text(value) if isinstance(value, bytes) else value
        if isinstance(shown, str) and len(shown) > 3 and shown.encode()[:40] in answer.body:
            return ".".join(path)
    return None


def test_every_kind_of_fault_was_tried(before_and_after):
    """The generator must not have fallen silent."""
    tried = collections.Counter(rule for case, _, in before_and_after[1] for rule in kinds(case))
    print(f"{len(before_and_after[1])} bad inputs: {dict(tried)}")
    for rule in ("not be null", "greater than or equal", "less than or equal", "pattern", "enum value set"):
        assert tried[rule] > 30, tried
    assert tried["Member must satisfy constraint: ["] > 5 and tried["SerializationException"] > 300, tried
    assert tried["MalformedInput"] > 20 and len(before_and_after[1]) > 1200, tried


def kinds(case: inputs.Case):
    rules = ("not be null", "greater than or equal", "less than or equal", "pattern", "enum value set")
    yield from (rule for rule in (*rules, "Member must satisfy constraint: [") if rule in (case.text or ""))
    yield case.code


def test_nothing_changes(before_and_after):
    before, _, after = before_and_after
    assert before["keys"] and before["aliases"] and before["users"]
    assert after == before


def test_each_has_exactly_one_record(before_and_after, admin):
    expected = {answer.request_id: (case.operation, answer.code) for case, answer in before_and_after[1]}
    assert len(expected) == len(before_and_after[1]), "each call has a request id of its own"
    deadline = time.monotonic() + INDEX_SECONDS_MAX
    while True:
        found = collections.defaultdict(list)
        pages = admin.cloudtrail.get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 50})
        for event in (event for page in pages for event in page["Events"]):
            record = json.loads(event["CloudTrailEvent"])
            found[record.get("requestID")].append((record["eventName"], record.get("errorCode", "")))
        if set(expected) <= set(found) or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    wrong = {id_: (what, found.get(id_)) for id_, what in expected.items() if found.get(id_) != [what]}
    assert not wrong, f"{len(wrong)} of {len(expected)}: {list(wrong.items())[:5]}"
