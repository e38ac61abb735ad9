"""Requests as bytes: signed by botocore's own signer, or unsigned, so that a test can send what no client would."""

import dataclasses
import http.client
import json
import socket
import ssl
import urllib.parse
import xml.etree.ElementTree as ElementTree

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from .clients import Caller

JSON_11 = "application/x-amz-json-1.1"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
TARGETS = {"kms": "TrentService", "cloudtrail": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"}
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The error code, whichever protocol it came in; empty when there is none."""
        kind = self.told("Code") or self.told("__type") or self.told("code")
        return kind.split("#")[-1].split(":")[0]

    @property
    def text(self) -> str:
        return self.told("Message") or self.told("message")

    def told(self, name: str) -> str:
        """The element or member of this name; empty when the body has none, or is neither XML nor JSON."""
        try:
            if self.body.lstrip().startswith(b"<"):
                found = [e.text for e in ElementTree.fromstring(self.body).iter() if e.tag.split("}")[-1] == name]
                return (found[0] or "") if found else ""
            value = json.loads(self.body or b"{}")
            return str(value.get(name) or "") if isinstance(value, dict) else ""
        except (ElementTree.ParseError, ValueError):
            return ""

    @property
    def request_id(self) -> str:
        return self.headers.get("x-amzn-requestid") or self.headers.get("x-amz-request-id") or ""


def sign(
    caller: Caller,
    service: str,
    body: bytes,
    headers: dict[str, str],
    *,
    path: str = "/",
    method: str = "POST",
    region: str | None = None,
) -> dict[str, str]:
    """The headers of a signed request, `Authorization` and `X-Amz-Date` among them."""
    request = botocore.awsrequest.AWSRequest(method=method, url=caller.server.url + path, data=body, headers=headers)
    credentials = botocore.credentials.Credentials(caller.access_key, caller.secret_key, caller.token)
    botocore.auth.SigV4Auth(credentials, service, region or caller.region).add_auth(request)
    return dict(request.headers.items())


def send(caller: Caller, body: bytes, headers: dict[str, str], *, path: str = "/", method: str = "POST") -> Answer:
    """Sends exactly this. `http.client` adds Host, Accept-Encoding and Content-Length, nothing else."""
    where = urllib.parse.urlsplit(caller.server.url)
    if where.scheme == "https":
        context = ssl.create_default_context(cafile=caller.server.cafile)
        connection = http.client.HTTPSConnection(where.hostname, where.port, timeout=30, context=context)
    else:
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=30)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def send_json(
    caller: Caller, operation: str, body: bytes | dict, *, service: str = "kms", signed: bool = True, **more
) -> Answer:
    """One awsJson 1.1 call with any body at all."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    target = operation if "." in operation else f"{TARGETS[service]}.{operation}"
    headers = {"X-Amz-Target": target, "Content-Type": JSON_11}
    return send(caller, payload, sign(caller, service, payload, headers, **more) if signed else headers)


def send_form(
    caller: Caller,
    action: str,
    parameters: dict[str, str] | None = None,
    *,
    service: str = "iam",
    signed: bool = True,
    **more,
) -> Answer:
    """One awsQuery call."""
    fields = {"Action": action, "Version": VERSIONS.get(service, "2011-01-01")} | (parameters or {})
    payload = urllib.parse.urlencode(fields).encode()
    headers = {"Content-Type": FORM}
    return send(caller, payload, sign(caller, service, payload, headers, **more) if signed else headers)


def send_bytes(caller: Caller, data: bytes, *, seconds: float = 10) -> bytes:
    """Raw bytes on a fresh connection (plain HTTP); what came back until the server closed or fell silent."""
    where = urllib.parse.urlsplit(caller.server.url)
    got = b""
    with socket.create_connection((where.hostname, where.port), timeout=seconds) as wire:
        try:
            wire.sendall(data)
            while chunk := wire.recv(65536):
                got += chunk
                head, _, rest = got.partition(b"\r\n\r\n")
                if b"content-length: " in head.lower():
                    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                    if len(rest) >= length:
                        break
        except (TimeoutError, ConnectionError):
            pass
    return got
