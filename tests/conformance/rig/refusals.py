"""`with refused("NotFoundException", "does not exist") as error:` the call inside must be refused, with that code."""

import contextlib
import re

import botocore.exceptions


class Refusal:
    """What came back: code, text, HTTP status, request id; filled when the block ends."""

    code = text = request_id = ""
    status = 0
    headers: dict = {}

    def fill(self, error: botocore.exceptions.ClientError) -> None:
        meta = error.response["ResponseMetadata"]
        self.code = error.response["Error"].get("Code", "")
        self.text = error.response["Error"].get("Message") or ""
        self.status = meta["HTTPStatusCode"]
        self.headers = meta["HTTPHeaders"]
        self.request_id = meta.get("RequestId", "")


@contextlib.contextmanager
def refused(code: str, text: str | None = None, *, status: int | tuple[int, ...] | None = None):
    """`code` may list alternatives with `|`; `text` is a regular expression that must be found in the message."""
    got = Refusal()
    try:
        yield got
    except botocore.exceptions.ClientError as error:
        got.fill(error)
    else:
        raise AssertionError(f"expected {code}, but the call succeeded")
    assert got.code in code.split("|"), f"expected {code}, got {got.code}: {got.text}"
    if text is not None:
        assert re.search(text, got.text), f"the text of {got.code} should match /{text}/, it is: {got.text}"
    allowed = (status,) if isinstance(status, int) else status
    assert got.status in allowed if allowed else 400 <= got.status < 500, f"{got.code} came with HTTP {got.status}"
    assert got.request_id, f"{got.code} came without a request id: {got.headers}"


def constraint(member: str, rule: str) -> str:
    """AWS's text for a member that breaks a bound of the model, as a regular expression."""
    return f"at '{member}' failed to satisfy constraint: Member must {rule}"
