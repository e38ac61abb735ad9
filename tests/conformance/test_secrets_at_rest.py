"""K-19: plaintexts, data keys and secret access keys are nowhere on the disk, however spelt; planted ones are found."""

import base64
import secrets

import pytest

from rig.clients import administrator, make_user
from rig.scan import scan, spellings


def test_k19_no_secret_on_the_disk(make_server):
    own = administrator(make_server("secrets"))
    known = live(own)
    server = own.server
    # Once while it runs, the write-ahead log included; once after a kill; once after an orderly stop.
    places = [server.data, server.log]
    assert scan(places, known) == []
    server.kill()
    assert scan(places, known) == []
    server.start()
    known |= live(own)
    assert server.stop() == 0
    assert scan(places, known) == []
    root = server.root_files()[0].read_bytes().strip()
    assert scan(places, {"the root": root, "the root's first line": root.splitlines()[0]}) == []


def live(own) -> dict[str, bytes]:
    """Uses the house; each secret that passed through it."""
    key = own.kms.create_key()["KeyMetadata"]["KeyId"]
    known = {"the administrator's secret access key": own.secret_key.encode()}
    for number in range(5):
        plaintext = secrets.token_bytes(48)
        blob = own.kms.encrypt(KeyId=key, Plaintext=plaintext)["CiphertextBlob"]
        assert own.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == plaintext
        known[f"plaintext {number}"] = plaintext
        known[f"data key {number}"] = own.kms.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"]
        known[f"random bytes {number}"] = own.kms.generate_random(NumberOfBytes=32)["Plaintext"]
        user = make_user(own)
        assert user.sts.get_caller_identity()
        known[f"secret access key {number}"] = user.secret_key.encode()
        known[f"secret access key {number}, its bytes"] = base64.b64decode(user.secret_key)
    return known


@pytest.mark.parametrize("shift", [0, 1, 2, 5])
def test_k19_the_scan_finds_a_planted_secret(tmp_path, shift):
    """The proof that an empty result means something: each spelling, each alignment, amid other bytes."""
    secret = secrets.token_bytes(32)
    noise = secrets.token_bytes(5000 + shift)
    texts = {
        "raw": secret,
        "hex": secret.hex().encode(),
        "HEX": secret.hex().upper().encode(),
        "reversed": secret[::-1],
        "base64": base64.b64encode(noise[:shift] + secret + noise[:7]),
        "base64url": base64.urlsafe_b64encode(noise[:shift] + secret + noise[:7]),
        "utf-16": secret.hex().encode("utf-16-le")
        if isinstance(secret.hex(), bytes)
        else secret.hex().encode("utf-16-le"),
    }
    for name, text in texts.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "page").write_bytes(noise + text + noise)
        assert scan([folder], {"canary": secret}), f"the scan misses a secret written as {name}"
    clean = tmp_path / "clean"
    clean.mkdir()
    (clean / "page").write_bytes(noise)
    assert scan([clean], {"canary": secret}) == []


def test_k19_the_scan_finds_a_secret_in_a_real_house(make_server):
    own = administrator(make_server("planted"))
    # A description is no secret, so it may stand in the trail's look-ups; a file beside the store is found in any case.
    secret = own.secret_key.encode()
    (own.server.data / "leak").write_bytes(b"x" * 1000 + spellings(secret)["base64+1"] + b"x" * 1000)
    assert any("leak" in hit for hit in scan([own.server.data], {"canary": secret}))


def test_k19_names_and_policies_are_sealed_too(make_server):
    """The values of the store are encrypted: who holds the disk reads no policy, description or tag."""
    own = administrator(make_server("sealed"))
    marks = {what: f"{what}-{secrets.token_hex(12)}" for what in ("description", "tag", "sid")}
    own.kms.create_key(Description=marks["description"], Tags=[{"TagKey": "a", "TagValue": marks["tag"]}])
    key = own.kms.create_key()["KeyMetadata"]["KeyId"]
    from rig.clients import owner_statement, put_policy

    put_policy(own, key, owner_statement(own.account()) | {"Sid": marks["sid"]})
    own.server.stop()
    assert scan([own.server.data], {what: mark.encode() for what, mark in marks.items()}) == []
