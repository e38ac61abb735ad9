"""K-19: secrets that passed through a house are nowhere but where they belong.

Two lives, both logged at `trace`: one under a root key file with a log for people, one under a passphrase with TLS and a log for
machines. What a core dump shows is counted and told."""

import base64
import collections
import concurrent.futures
import hmac
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import time

import pytest

from rig import raw
from rig.server import REGION, Server
from seeking import dump, life, opened
from seeking.needles import BLOCK, Canary, Hit, Search, spellings

IN_CI = os.environ.get("CI") == "true"
# The head of the trail is written every five seconds.
HEAD_SECONDS_MAX = 20


class Traced(Server):
    """Logs all there is to log."""

    @property
    def environment(self):
        return super().environment | {"KAGIBAN_LOG": "trace"}


class Lived:
    """A life that was lived, and where what it left behind stands: while it runs, after a kill, after an orderly stop."""

    def __init__(self, server: Server, more: list[Canary]):
        self.server = server.start()
        self.life = life.live(server)
        self.canaries = more + self.life.canaries
        self.events = life.whole_trail(self.life)
        wait_for(server.data / "trail.head")
        self.places = {f"running: {k}": v for k, v in life.places(self.life, events=self.events).items()}
        self.at_rest("killed", server.kill)
        server.start()
        self.life.caller._clients.clear()
        self.life.kms("ListKeys", {})
        self.at_rest("stopped", server.stop)
        self.backed_up()

    def is_past(self, hit: Hit) -> bool:
        """What passed through an earlier process is not kept at all."""
        passed = {"plaintext", "plaintext that was refused", "data key", "random bytes"}
        return hit.kind in passed and not hit.name.startswith("late ")

    def backed_up(self) -> None:
        """A backup of the stopped house, the house that is made of it with a key that was recovered there, and what the program says."""
        server = self.server
        at = server.flags.index("--root-passphrase-file") if "--root-passphrase-file" in server.flags else None
        root = () if at is None else server.flags[at : at + 2]
        file, data, credentials = (server.folder / name for name in ("house.backup", "restored", "new-credentials"))
        said = []
        for command in (
            ("backup", str(file), "--data-dir", str(server.data)),
            ("restore", str(file), "--data-dir", str(data)),
            ("admin", "new-key", "--data-dir", str(data), "--credentials-file", str(credentials)),
        ):
            done = server.run(*command, *root)
            assert done.returncode == 0, done.stderr
            said.append((done.stdout + done.stderr).encode())
        secret = re.search(r"aws_secret_access_key = (\S+)", credentials.read_text())[1]
        self.canaries.append(Canary("secret access key", "recovered", secret.encode()))
        self.places["backed up: backup"] = file.read_bytes()
        self.places |= {f"backed up: restored {one.name}": one.read_bytes() for one in data.iterdir() if one.is_file()}
        self.places["backed up: said"] = b"\n".join(said)

    def at_rest(self, how: str, end) -> None:
        end()
        left = life.places(self.life, events=[])
        self.places |= {f"{how}: {k}": v for k, v in left.items() if not k.startswith(("trail", "errors"))}


@pytest.fixture(scope="module")
def by_key_file(folder) -> Lived:
    server = Traced(folder / "key-file")
    lived = Lived(server, [])
    root = bytes.fromhex(server.root_files()[0].read_text().strip())
    house = opened.open_house(server.data, root)
    lived.canaries.append(Canary("root key file", "1", root))
    lived.canaries += [Canary(kind, "1", key) for kind, key in house.keyring.items()]
    # Proved: each ciphertext opens under one of the backing keys, which came from under the root.
    for blob, plaintext in lived.life.blobs[::3]:
        assert any(opened.opens(key, blob) == plaintext for key in house.backing)
    lived.canaries += [Canary("backing key", str(number), key) for number, key in enumerate(house.backing)]
    return lived


@pytest.fixture(scope="module")
def by_passphrase(folder) -> Lived:
    phrase = f"canary passphrase {secrets.token_hex(16)}".encode()
    (folder / "passphrase").write_bytes(phrase + b"\n")
    (folder / "passphrase").chmod(0o600)
    certificate, key = certified(folder)
    flags = ("--root-passphrase-file", str(folder / "passphrase"), "--log-format", "json")
    tls = ("--tls-certificate-file", str(certificate), "--tls-key-file", str(key))
    server = Traced(folder / "passphrase-house", flags=flags + tls, scheme="https", cafile=str(certificate))
    text = ["openssl", "ec", "-in", str(key), "-outform", "DER"]
    der = subprocess.run(text, capture_output=True, check=True).stdout
    # SEC 1: the private number stands behind `30 77 02 01 01 04 20`.
    number = der[7:39]
    lived = Lived(server, [Canary("passphrase", "1", phrase), Canary("TLS private key", "1", number)])
    # Proved: it is this passphrase that opens the house.
    (folder / "passphrase").write_bytes(phrase[::-1])
    refused = server.run("trail", "verify", "--data-dir", str(server.data), *flags[:2])
    (folder / "passphrase").write_bytes(phrase)
    accepted = server.run("trail", "verify", "--data-dir", str(server.data), *flags[:2])
    assert (refused.returncode, accepted.returncode) == (2, 0), refused.stderr + accepted.stderr
    return lived


def wait_for(file: pathlib.Path) -> None:
    deadline = time.monotonic() + HEAD_SECONDS_MAX
    while not file.exists():
        assert time.monotonic() < deadline, f"{file} is not written"
        time.sleep(0.1)


def certified(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    certificate, key = folder / "tls.crt", folder / "tls.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return certificate, key


@pytest.fixture(params=["by_key_file", "by_passphrase"])
def lived(request) -> Lived:
    return request.getfixturevalue(request.param)


def test_no_secret_stands_where_it_does_not_belong(lived):
    kinds = collections.Counter(canary.kind for canary in lived.canaries)
    sizes = collections.Counter({place.split(": ")[1].split(" ")[0]: 0 for place in lived.places})
    for place, content in lived.places.items():
        sizes[place.split(": ")[1].split(" ")[0]] += len(content)
    print(f"\n{dict(kinds)} looked for in {dict(sizes)} bytes, {len(Search(lived.canaries).spelt)} spellings")
    assert [str(hit) for hit in Search(lived.canaries).through(lived.places)] == []
    # And there was something to look at.
    assert len(lived.life.errors) >= 60 and len(lived.events) >= 100
    for part in ("kagiban.db", "kagiban.db-wal", "keyring.sealed", "trail.head", "backup", "restored kagiban.db", "said"):
        assert any(place.endswith(part) and content for place, content in lived.places.items()), part


def test_a_leak_that_is_planted_in_any_place_is_found(lived):
    """Each place in turn gets each spelling of one canary of each kind, at an odd offset of a copy."""
    one_of_each = list({canary.kind: canary for canary in lived.canaries}.values())
    search = Search(one_of_each)
    missed = []
    for place, content in lived.places.items():
        sample = content[:20_000]
        for canary in one_of_each:
            for shift, (spelling, text) in enumerate(spellings(canary.secret).items()):
                middle = len(sample) // 2 + shift % BLOCK
                planted = sample[:middle] + text + sample[middle:]
                found = search.among(planted, place)
                if not any((hit.kind, hit.spelling) == (canary.kind, spelling) for hit in found):
                    missed.append(f"{canary.kind} as {spelling} in {place}")
    assert missed == []


def test_a_base64_leak_amid_other_bytes_is_found_at_each_alignment():
    secret = secrets.token_bytes(32)
    for before in range(6):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(secrets.token_bytes(before) + secret + secrets.token_bytes(5))
            assert Search([Canary("x", "1", secret)]).among(b"x" * 1001 + text + b"y", "a file")


def test_bytes_that_hold_no_secret_have_no_hit():
    search = Search([Canary("x", str(n), secrets.token_bytes(32)) for n in range(50)])
    assert search.among(secrets.token_bytes(5_000_003), "noise") == []


needs_gcore = pytest.mark.skipif(not dump.available() and not IN_CI, reason="gcore (package gdb) is not installed")


@needs_gcore
def test_no_core_dump_shows_a_key(lived, capsys):
    """Keys lie in pages of their own, which no dump has. What else a dump shows is counted and told."""
    server = lived.server.start()
    shown = []
    try:
        for moment, canaries in moments(lived, server):
            taken = dump.take(server.process.pid, server.folder)
            hits = Search(canaries).among(taken.content, f"dump {moment}")
            with capsys.disabled():
                print(f"\n{moment}, {table(hits, canaries, taken)}")
            # It is a dump of this process.
            assert taken.content.count(b"kagiban/barrier/record/1")
            wrong = [hit for hit in hits if hit.kind in KEYS or lived.is_past(hit)]
            secrets_shown = [canary for canary in canaries for hit in wrong if (canary.kind, canary.name) == (hit.kind, hit.name)]
            shown += [str(hit) for hit in wrong]
            shown += [place for canary in secrets_shown for place in dump.where(server.process.pid, canary.secret)]
    except dump.NoDump as why:
        no_dump(why)
    finally:
        server.stop()
    assert shown == []


def no_dump(why: dump.NoDump) -> None:
    """What was not looked through was not found clean."""
    text = f"no core dump could be taken ({dump.may_trace()}): {why}"
    pytest.fail(text) if IN_CI else pytest.skip(text)


# What no dump may show, whatever the program has just done.
KEYS = ("root key file", "unseal key", "passphrase", "root key", "barrier key", "heads key", "domain key", "backing key", "signing key")
CALLS = 1000
CALLERS = 4
# Longer than the upkeep of the house and the marks of the trail's head are apart.
REST_SECONDS = 6


def moments(lived: Lived, server: Server):
    """What the house has done by then, and what is looked for."""
    by_key_file = bool(server.root_files())
    if by_key_file:
        yield "after the start", with_forms(lived.canaries)
    late = life.live(server, "late ")
    canaries = lived.canaries + late.canaries + signing_keys(late)
    if by_key_file:
        root = next(canary.secret for canary in canaries if canary.kind == "root key file")
        backing = set(opened.open_house(server.data, root).backing) - {canary.secret for canary in canaries}
        assert len(backing) == life.ROUNDS
        canaries += [Canary("backing key", f"late {number}", key) for number, key in enumerate(backing)]
    canaries = with_forms(canaries)
    if not by_key_file:
        yield "after a life", canaries
        return
    many_calls(late)
    yield f"after {CALLS} calls", canaries
    time.sleep(REST_SECONDS)
    yield "after a rest", canaries


def many_calls(late: life.Life) -> None:
    """Each backing key is used again and again, on every thread of the server."""

    def call(number: int) -> None:
        blob, plaintext = late.blobs[number % len(late.blobs)]
        opened_again = raw.send_json(late.caller, "Decrypt", {"CiphertextBlob": base64.b64encode(blob).decode()})
        assert base64.b64decode(json.loads(opened_again.body)["Plaintext"]) == plaintext

    with concurrent.futures.ThreadPoolExecutor(CALLERS) as callers:
        assert len(list(callers.map(call, range(CALLS)))) == CALLS


def signing_keys(late: life.Life) -> list[Canary]:
    """Of the administrator, for the day: the vault keeps them."""
    found = []
    for day in (0, 1):
        date = time.strftime("%Y%m%d", time.gmtime(time.time() - 86_400 * day))
        for service in ("kms", "iam", "cloudtrail"):
            key = b"AWS4" + late.caller.secret_key.encode()
            for part in (date, REGION if service != "iam" else "us-east-1", service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            found.append(Canary("signing key", f"{date} {service}", key))
    return found


def with_forms(canaries: list[Canary]) -> list[Canary]:
    """Keys at work have other forms, too: the two pads of HMAC (RFC 2104), and the words that SHA-256 reads."""
    found = list(canaries)
    for one in canaries:
        if one.kind in KEYS and len(one.secret) == 32:
            words = b"".join(one.secret[place : place + 4][::-1] for place in range(0, 32, 4))
            for form, secret in (("", one.secret), (" as words", words)):
                for pad in (0x36, 0x5C):
                    found.append(Canary(one.kind, f"{one.name}{form}, padded {pad:x}", bytes(b ^ pad for b in secret)))
            found.append(Canary(one.kind, f"{one.name} as words", words))
    return found


@needs_gcore
def test_a_key_on_the_heap_or_a_stack_of_the_server_is_found_in_its_dump(by_key_file):
    """The same key that no dump shows, put where a careless line would leave it."""
    server = by_key_file.server.start()
    backing = next(canary for canary in by_key_file.canaries if canary.kind == "backing key")
    search = Search([backing])
    try:
        try:
            assert search.among(dump.take(server.process.pid, server.folder).content, "dump") == []
        except dump.NoDump as why:
            no_dump(why)
        for place in ("heap", "stack"):
            address = dump.plant(server.process.pid, place, backing.secret)
            found = search.among(dump.take(server.process.pid, server.folder).content, "dump")
            # Once: where it was planted before, it is gone.
            assert [(hit.spelling, hit.count) for hit in found] == [("raw", 1)], place
            assert any(f"at {address:#x} " in told for told in dump.where(server.process.pid, backing.secret))
            dump.write(server.process.pid, address, bytes(len(backing.secret)))
        assert search.among(dump.take(server.process.pid, server.folder).content, "dump") == []
    finally:
        server.kill()


@needs_gcore
def test_the_pages_with_keys_cannot_be_read_or_written_from_outside(by_key_file):
    """Not even by root, where the kernel has such pages. That they are there shows that the keys are where they should be."""
    server = by_key_file.server.start()
    try:
        pages = dump.secret_pages(server.process.pid)
        if not dump.has_secret_pages():
            assert pages == []
            return
        assert pages
        for address in pages:
            assert dump.read(server.process.pid, address, 64) is None
    finally:
        server.kill()


def table(hits: list[Hit], canaries: list[Canary], taken: dump.Dump) -> str:
    lines = [
        f"core dump: {taken.bytes_on_disk >> 20} MiB, {len(taken.content) >> 20} MiB of it not empty ({dump.may_trace()})",
        f"{'kind of secret':<30}{'passed':>8}{'shown':>8}{'copies':>8}  spelt",
    ]
    for kind in dict.fromkeys(canary.kind for canary in canaries):
        passed = sum(canary.kind == kind and not canary.name.endswith((" as words", "padded 36", "padded 5c")) for canary in canaries)
        mine = [hit for hit in hits if hit.kind == kind]
        shown, copies = len({hit.name for hit in mine}), sum(hit.count for hit in mine)
        spelt = ", ".join(sorted({hit.spelling for hit in mine}))
        lines.append(f"{kind:<30}{passed:>8}{shown:>8}{copies:>8}  {spelt}")
    return "\n".join(lines)


@needs_gcore
def test_a_leak_in_a_living_process_is_found_in_its_dump(folder):
    """The way by gcore sees what a process has in its memory."""
    secret = secrets.token_bytes(32)
    program = (
        "import sys; told = bytes.fromhex(input()); kept = bytes(b ^ 1 for b in told); print(1, flush=True); input()"
    )
    holder = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        # It is told another number, so that what is found is what it made of it.
        holder.stdin.write(bytes(b ^ 1 for b in secret).hex().encode() + b"\n")
        holder.stdin.flush()
        holder.stdout.readline()
        taken = dump.take(holder.pid, folder)
    finally:
        holder.kill()
        holder.communicate()
    found = Search([Canary("planted", "1", secret)]).among(taken.content, "dump")
    assert any(hit.spelling == "raw" for hit in found)
