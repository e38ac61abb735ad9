"""The harness itself: faults that are planted in answers are found, and sound answers pass."""

import json

import pytest

import test_inputs
from modelling import answers, inputs, oracle, wire
from rig import raw

ID = "11111111-2222-4333-8444-555555555555"
HEAD = {"x-amzn-requestid": ID}
TAGS = {"Tags": [{"TagKey": "a", "TagValue": "b"}], "Truncated": False}


def json_answer(value, status: int = 200) -> raw.Answer:
    return raw.Answer(status, HEAD | {"content-type": raw.JSON_11}, json.dumps(value).encode())


def xml_answer(result: str, request_id: str = ID) -> raw.Answer:
    body = f"""<ListUserPoliciesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
        <ListUserPoliciesResult>{result}</ListUserPoliciesResult>
        <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></ListUserPoliciesResponse>"""
    return raw.Answer(200, HEAD | {"content-type": "text/xml"}, body.encode())


@pytest.mark.parametrize(
    "value, found",
    [
        (TAGS, None),
        (TAGS | {"Colour": "red"}, "Colour is unknown"),
        (TAGS | {"Truncated": "false"}, "Truncated is 'false' and no boolean"),
        (TAGS | {"Truncated": 0}, "Truncated is 0 and no boolean"),
        (TAGS | {"Tags": [{"TagKey": "a"}]}, "TagValue is missing"),
        (TAGS | {"Tags": [{"TagKey": "a", "TagValue": "b", "Tag": "c"}]}, "Tag is unknown"),
        (TAGS | {"Tags": {}}, "Tags is {} and no list"),
        (TAGS | {"NextMarker": None}, "NextMarker is None and no string"),
    ],
)
def test_a_planted_fault_in_json_is_found(value, found):
    complaints = answers.complaints("kms", "ListResourceTags", json_answer(value))
    assert any(found in text for text in complaints) if found else not complaints, complaints


@pytest.mark.parametrize(
    "answer, found",
    [
        (xml_answer("<IsTruncated>false</IsTruncated><PolicyNames><member>a</member></PolicyNames>"), None),
        (xml_answer("<PolicyNames/><Colour>red</Colour>"), "Colour is unknown"),
        (xml_answer("<PolicyNames><entry>a</entry></PolicyNames>"), "PolicyNames holds"),
        (xml_answer("<IsTruncated>no</IsTruncated><PolicyNames/>"), "no boolean"),
        (xml_answer("<IsTruncated>false</IsTruncated>"), "PolicyNames is missing"),
        (xml_answer("<PolicyNames/>", "another"), "the request id is another"),
    ],
)
def test_a_planted_fault_in_xml_is_found(answer, found):
    complaints = answers.complaints("iam", "ListUserPolicies", answer)
    assert any(found in text for text in complaints) if found else not complaints, complaints


def test_a_planted_fault_in_a_refusal_is_found():
    secret = b"the plaintext" * 400
    members = {"KeyId": "k", "Plaintext": secret}
    code, text = oracle.refusal(wire.model("kms"), wire.operation("kms", "Encrypt").input_shape, members)
    case = inputs.Case("kms", "Encrypt", "", members, code, text)
    repeated = f"{text} {wire.base64_text(secret)}"
    for status, type_, message, sound in (
        (400, code, text, True),
        (403, code, text, False),
        (400, "NotFoundException", text, False),
        (400, code, text.replace("4096", "4095"), False),
    ):
        answer = json_answer({"__type": type_, "message": message}, status)
        assert (test_inputs.complaint(case, answer) is None) is sound, (status, type_, message)
    case.text = None
    answer = json_answer({"__type": code, "message": repeated}, 400)
    assert "secret" in test_inputs.complaint(case, answer)
