"""The trail, as LookupEvents shows it: the events of a load by their marks, complete up to the kill."""

import dataclasses
import json
import time

from . import wire

# The look-up index lags about a second.
INDEX_SECONDS_MAX = 20


@dataclasses.dataclass
class Event:
    name: str
    request_id: str
    error: str
    value: dict

    @property
    def ok(self) -> bool:
        return not self.error

    def get(self, name: str):
        """A member of the answer, as the trail tells it."""
        return wire.find(self.value.get("responseElements"), name)


def settle(client: wire.Client, mark: str) -> None:
    """Waits until what is on the trail now can be looked up. The index follows the order of the trail."""
    asked = client.call("kms", "ListKeys", {"Limit": 1}, mark)
    deadline = time.monotonic() + INDEX_SECONDS_MAX
    while time.monotonic() < deadline:
        body = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "ListKeys"}], "MaxResults": 10}
        found = client.call("cloudtrail", "LookupEvents", body, mark)
        if any(asked.request_id in event["CloudTrailEvent"] for event in found.value["Events"]):
            return
        time.sleep(0.05)
    raise TimeoutError(f"an event could not be looked up within {INDEX_SECONDS_MAX} s")


def events(client, prefix: str, cycle: int, begin: float, end: float, mark: str) -> dict[str, list[Event]]:
    """The events of one cycle, which was between two moments (Unix seconds), by the marks of their requests."""
    found: dict[str, list[Event]] = {}
    body = {"StartTime": int(begin), "EndTime": int(end) + 1}
    while True:
        answer = client.call("cloudtrail", "LookupEvents", body, mark)
        assert answer.ok, answer.text
        for shown in answer.value["Events"]:
            value = json.loads(shown["CloudTrailEvent"])
            agent = value.get("userAgent") or ""
            if agent.startswith(f"{prefix}{cycle}x"):
                event = Event(value["eventName"], value.get("requestID", ""), value.get("errorCode", ""), value)
                found.setdefault(agent.removeprefix(prefix), []).append(event)
        if not answer.value.get("NextToken"):
            return found
        body = body | {"NextToken": answer.value["NextToken"]}
