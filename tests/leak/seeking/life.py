"""A life of a house in which each secret is known: canaries that go in, canaries that come out, and each proved to have passed."""

import base64
import dataclasses
import json
import pathlib
import secrets
import time
import urllib.parse

from rig import raw
from rig.clients import Caller, administrator
from rig.server import Server

from .needles import Canary

ROUNDS = 6
PLAINTEXT_BYTES_MAX = 4096
INDEX_SECONDS_MAX = 20


@dataclasses.dataclass
class Life:
    caller: Caller
    # Before the number in the name of each canary.
    name: str = ""
    canaries: list[Canary] = dataclasses.field(default_factory=list)
    # Every body of an answer that is not 200.
    errors: list[bytes] = dataclasses.field(default_factory=list)
    # A ciphertext for each key, and what is in it.
    blobs: list[tuple[bytes, bytes]] = dataclasses.field(default_factory=list)
    # Request ids of the calls that somebody known made: each is on the trail.
    known: list[str] = dataclasses.field(default_factory=list)

    def canary(self, kind: str, secret: bytes) -> bytes:
        number = sum(one.kind == kind for one in self.canaries) + 1
        self.canaries.append(Canary(kind, f"{self.name}{number}", secret))
        return secret

    def kms(self, operation: str, body: dict | bytes, status: int = 200, **more) -> raw.Answer:
        return self.took(raw.send_json(self.caller, operation, body, **more), operation, status)

    def iam(self, action: str, parameters: dict, status: int = 200) -> raw.Answer:
        return self.took(raw.send_form(self.caller, action, parameters), action, status)

    def took(self, answer: raw.Answer, operation: str, status: int) -> raw.Answer:
        assert answer.status == status, f"{operation}: {answer.status} {answer.body[:500]!r}"
        if answer.status != 200:
            self.errors.append(answer.body)
        elif operation != "LookupEvents":
            self.known.append(answer.request_id)
        return answer


def live(server: Server, name: str = "") -> Life:
    life = Life(administrator(server), name)
    life.canary("secret access key", life.caller.secret_key.encode())
    life.canary("secret access key, its bytes", base64.b64decode(life.caller.secret_key))
    for number in range(ROUNDS):
        made = life.kms("CreateKey", {"Description": "for canaries"})
        key = json.loads(made.body)["KeyMetadata"]["KeyId"]
        plaintexts_and_data_keys(life, key, number)
        user = f"canary-{secrets.token_hex(4)}"
        access_keys(life, user)
        refusals(life, key, user, number)
    return life


def plaintexts_and_data_keys(life: Life, key: str, number: int) -> None:
    """Each is proved to have passed by what Decrypt says of its ciphertext."""
    for plaintext in (pattern(number), secrets.token_bytes(48)):
        blob = json.loads(life.kms("Encrypt", {"KeyId": key, "Plaintext": text(plaintext)}).body)["CiphertextBlob"]
        opened = json.loads(life.kms("Decrypt", {"CiphertextBlob": blob}).body)["Plaintext"]
        assert base64.b64decode(opened) == life.canary("plaintext", plaintext)
        life.blobs.append((base64.b64decode(blob), plaintext))
    made = json.loads(life.kms("GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256"}).body)
    opened = json.loads(life.kms("Decrypt", {"CiphertextBlob": made["CiphertextBlob"]}).body)["Plaintext"]
    assert opened == made["Plaintext"]
    life.canary("data key", base64.b64decode(opened))
    sealed = json.loads(life.kms("GenerateDataKeyWithoutPlaintext", {"KeyId": key, "NumberOfBytes": 64}).body)
    opened = json.loads(life.kms("Decrypt", {"CiphertextBlob": sealed["CiphertextBlob"]}).body)["Plaintext"]
    life.canary("data key", base64.b64decode(opened))
    drawn = json.loads(life.kms("GenerateRandom", {"NumberOfBytes": 32}).body)["Plaintext"]
    life.canary("random bytes", base64.b64decode(drawn))


def access_keys(life: Life, user: str) -> None:
    """Each is proved to have passed by a call that it signs."""
    life.iam("CreateUser", {"UserName": user})
    made = life.iam("CreateAccessKey", {"UserName": user})
    secret = made.told("SecretAccessKey")
    theirs = dataclasses.replace(
        life.caller, access_key=made.told("AccessKeyId"), secret_key=secret, name=user, _clients={}
    )
    answer = raw.send_form(theirs, "GetCallerIdentity", service="sts")
    assert answer.status == 200 and user in answer.told("Arn"), answer.body
    life.canary("secret access key", secret.encode())
    life.canary("secret access key, its bytes", base64.b64decode(secret))
    # A signature that does not match is refused before anybody is known.
    wrong = raw.send_form(dataclasses.replace(theirs, secret_key=secret[::-1]), "GetCallerIdentity", service="sts")
    life.took(wrong, "GetCallerIdentity", 403)
    # Not allowed: a refusal that names the caller.
    refused = raw.send_json(theirs, "Encrypt", {"KeyId": "alias/none", "Plaintext": text(secrets.token_bytes(32))})
    life.took(refused, "Encrypt", 400)


def refusals(life: Life, key: str, user: str, number: int) -> None:
    """Calls that fail with a secret in their hands: a text of an error must not repeat it."""

    def fresh() -> bytes:
        return life.canary("plaintext that was refused", pattern(100 + number) + secrets.token_hex(8).encode())

    def refused(operation: str, body: dict | bytes, **more) -> None:
        life.kms(operation, body, 400, **more)

    long = fresh()
    refused("Encrypt", {"KeyId": key, "Plaintext": text(long * (PLAINTEXT_BYTES_MAX // len(long) + 1))})
    refused("Encrypt", {"KeyId": "00000000-0000-0000-0000-000000000000", "Plaintext": text(fresh())})
    refused("Encrypt", {"KeyId": key, "Plaintext": fresh().decode() + "!"})
    refused("Encrypt", {"KeyId": key, "Plaintext": [fresh().decode()]})
    refused("Encrypt", {"KeyId": key, "Plaintext": {"in": fresh().decode()}})
    refused("Encrypt", json.dumps({"KeyId": key, "Plaintext": text(fresh())}).encode()[:-1])
    refused("Encrypt", {"KeyId": key, "Plaintext": text(fresh()), "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"})
    refused("Encrypt", {"KeyId": key, "Plaintext": text(fresh()), "EncryptionContext": {"a": 5}})
    refused("Encrypt", {"KeyId": key, "Plaintext": text(fresh()), "DryRun": True})
    refused("NoSuchOperation", {"Plaintext": text(fresh())})
    # What is no ciphertext may be a plaintext that somebody mistook for one.
    refused("Decrypt", {"CiphertextBlob": text(fresh())})
    refused("Decrypt", {"CiphertextBlob": fresh().decode()})
    life.took(
        raw.send_json(life.caller, "Encrypt", {"KeyId": key, "Plaintext": text(fresh())}, signed=False), "Encrypt", 400
    )
    unasked = {"UserName": user, "SecretAccessKey": fresh().decode(), "Status": fresh().decode()}
    life.iam("UpdateAccessKey", unasked, 400)


def pattern(number: int) -> bytes:
    """Text, so that it is found in UTF-16 as well."""
    return f"canary-{number}-{secrets.token_hex(12)}".encode()


def text(plaintext: bytes) -> str:
    return base64.b64encode(plaintext).decode()


def whole_trail(life: Life) -> list[bytes]:
    """As [`trail`], once all that was done can be looked up: the index lags about a second."""
    deadline = time.monotonic() + INDEX_SECONDS_MAX
    while True:
        found = trail(life)
        if all(any(known.encode() in text for text in found) for known in life.known[-3:]):
            missing = [known for known in life.known if not any(known.encode() in text for text in found)]
            assert missing == []
            return found
        assert time.monotonic() < deadline, "the last events cannot be looked up"
        time.sleep(0.2)


def trail(life: Life) -> list[bytes]:
    """The answers of LookupEvents, page by page, as they came; and each event's own text once more, unescaped."""
    found, body = [], {}
    while True:
        answer = raw.send_json(life.caller, "LookupEvents", body, service="cloudtrail")
        assert answer.status == 200, answer.body
        value = json.loads(answer.body)
        found.append(answer.body)
        found += [event["CloudTrailEvent"].encode() for event in value["Events"]]
        if not value.get("NextToken"):
            return found
        body = {"NextToken": value["NextToken"]}


def places(life: Life, *, events: list[bytes]) -> dict[str, bytes]:
    """Where nothing may be: the data directory, the log, the trail, the errors; and what the system shows of a process."""
    server = life.caller.server
    found = {f"file {file.relative_to(server.folder)}": file.read_bytes() for file in files(server)}
    found["log"] = server.log.read_bytes()
    found["trail"] = b"\n".join(events)
    found["errors"] = b"\n".join(life.errors)
    # Error texts of XML are read as their readers read them, too.
    found["errors, unescaped"] = urllib.parse.unquote_to_bytes(found["errors"].replace(b"&quot;", b'"'))
    for name in ("cmdline", "environ"):
        file = pathlib.Path(f"/proc/{server.process.pid}/{name}")
        if server.process.poll() is None and file.exists():
            found[f"the process's {name}"] = file.read_bytes()
    return found


def files(server: Server) -> list[pathlib.Path]:
    """All that the program wrote, but the root and the credentials, whose place it is."""
    excepted = {server.credentials_file, *server.root_files()}
    return sorted(
        file
        for folder in (server.data, server.home)
        for file in folder.rglob("*")
        if file.is_file() and not file.is_symlink() and file not in excepted
    )
