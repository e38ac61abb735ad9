"""Signed requests by the thousand, written here and not by botocore, which would refuse most of them."""

import base64
import concurrent.futures
import http.client
import json
import queue
import urllib.parse

import botocore.session

from rig import raw
from rig.clients import Caller

# Many at once share a commit, and each commit waits for the disk.
CONNECTIONS = 16

_session = botocore.session.get_session()
_models: dict = {}


def model(service: str):
    """The model of a service, out of the installed botocore."""
    if service not in _models:
        _models[service] = _session.get_service_model(service)
    return _models[service]


def operation(service: str, name: str):
    return model(service).operation_model(name)


def is_json(service: str) -> bool:
    return model(service).metadata["protocol"] == "json"


class Wire:
    """Connections that are kept, and one caller who signs on all of them."""

    def __init__(self, caller: Caller):
        self.caller = caller
        self.free: queue.SimpleQueue = queue.SimpleQueue()
        self.pool = concurrent.futures.ThreadPoolExecutor(CONNECTIONS)

    def call(self, service: str, name: str, members: dict) -> raw.Answer:
        """One call, whose members may be anything that the protocol can write. A 5xx fails at once."""
        body, headers = json_call(service, name, members) if is_json(service) else form_call(service, name, members)
        answer = self.send(body, raw.sign(self.caller, service, body, headers))
        assert answer.status < 500, f"{service}:{name} {shortened(members)}: {answer}"
        assert answer.request_id, f"{service}:{name} {shortened(members)}: no request id"
        return answer

    def calls(self, calls: list[tuple[str, str, dict]]) -> list[raw.Answer]:
        """Many calls, in no order; their answers in the order of the calls."""
        return list(self.pool.map(lambda call: self.call(*call), calls))

    def send(self, body: bytes, headers: dict[str, str]) -> raw.Answer:
        try:
            connection = self.free.get_nowait()
        except queue.Empty:
            where = urllib.parse.urlsplit(self.caller.server.url)
            connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
        connection.request("POST", "/", body=body, headers=headers)
        answer = connection.getresponse()
        got = raw.Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        self.free.put(connection)
        return got


def json_call(service: str, name: str, members: dict) -> tuple[bytes, dict[str, str]]:
    metadata = model(service).metadata
    headers = {
        "X-Amz-Target": f"{metadata['targetPrefix']}.{name}",
        "Content-Type": f"application/x-amz-json-{metadata['jsonVersion']}",
    }
    return json.dumps(members, default=base64_text).encode(), headers


def base64_text(blob: bytes) -> str:
    return base64.b64encode(blob).decode()


def form_call(service: str, name: str, members: dict) -> tuple[bytes, dict[str, str]]:
    fields = {"Action": name, "Version": model(service).api_version}
    flatten(members, "", fields)
    return urllib.parse.urlencode(fields).encode(), {"Content-Type": raw.FORM}


def flatten(value, name: str, fields: dict[str, str]) -> None:
    """A structure is `a.b`, a list `a.member.1`; that is all that the served query services have."""
    if isinstance(value, dict):
        for key, inner in value.items():
            flatten(inner, f"{name}.{key}" if name else key, fields)
    elif isinstance(value, list):
        for index, inner in enumerate(value, 1):
            flatten(inner, f"{name}.member.{index}", fields)
    elif isinstance(value, bool):
        fields[name] = str(value).lower()
    elif value is not None:
        fields[name] = base64_text(value) if isinstance(value, bytes) else str(value)


def shortened(members) -> str:
    text = repr(members)
    return text if len(text) < 300 else f"{text[:300]}… ({len(text)} characters)"
