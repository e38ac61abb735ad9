"""The keys of a house, opened from its disk with its root: so that they can be looked for where they must not be.

This is a second reader of the formats that `crates/vault` and `crates/cipher` describe (keyring.rs, wrapped.rs, blob.rs, barrier.rs). It
proves itself: with the backing keys that it finds it opens a ciphertext that the server made."""

import dataclasses
import hmac
import pathlib
import shutil
import sqlite3
import struct
import subprocess
import tempfile

KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 28, 16
# CBOR's head of a byte string of 81 bytes, the form, and the first domain key's id: how a wrapped backing key begins in a row.
WRAPPED_BYTES = 1 + 4 + NONCE_BYTES + KEY_BYTES + TAG_BYTES
WRAPPED_BEGIN = bytes([0x58, WRAPPED_BYTES, 1]) + struct.pack(">I", 1)


@dataclasses.dataclass
class Opened:
    keyring: dict[str, bytes]
    backing: list[bytes]


def open_house(data: pathlib.Path, root: bytes) -> Opened:
    """`root` are the 32 bytes of the root key file."""
    installation = bytes.fromhex((data / "installation").read_text().strip())
    keyring = open_keyring((data / "keyring.sealed").read_bytes(), installation, root)
    return Opened(keyring, backing_keys(data, keyring))


def open_keyring(file: bytes, installation: bytes, root_file: bytes) -> dict[str, bytes]:
    begin = 16 + 2 + 16 + 1
    assert file[:18] == b"kagiban-keyring\0\0\1" and file[18:34] == installation and file[34] == 1
    unseal = derive(root_file, "kagiban/unseal/key-file/1", installation, KEY_BYTES)
    end = begin + NONCE_BYTES + KEY_BYTES + TAG_BYTES
    root = open_message(unseal, "kagiban/keyring/root/1", file[begin:end])
    ring = open_message(root, "kagiban/keyring/ring/1", file[end:])
    barrier, heads, number, domain = ring[:32], ring[32:64], ring[64:68], ring[68:100]
    assert number == b"\0\0\0\1", "what was opened is no ring: the format has changed, and this reader has not"
    return {"unseal key": unseal, "root key": root, "barrier key": barrier, "heads key": heads, "domain key": domain}


def backing_keys(data: pathlib.Path, keyring: dict[str, bytes]) -> list[bytes]:
    """Of all rows of KMS. The database is read from a copy."""
    found = []
    with tempfile.TemporaryDirectory(dir=data.parent) as copy:
        for file in data.glob("kagiban.db*"):
            shutil.copy2(file, copy)
        with sqlite3.connect(pathlib.Path(copy) / "kagiban.db") as database:
            rows = database.execute("SELECT bytes FROM rows WHERE space = 'kms/keys'").fetchall()
        database.close()
    for (sealed,) in rows:
        row = open_message(keyring["barrier key"], "kagiban/barrier/record/1", sealed[1:])
        place = row.index(WRAPPED_BEGIN) + 2 + 1 + 4
        wrapped = row[place : place + NONCE_BYTES + KEY_BYTES + TAG_BYTES]
        found.append(open_message(keyring["domain key"], "kagiban/wrap/backing-key/1", wrapped))
    return found


def opens(backing: bytes, blob: bytes) -> bytes:
    """The plaintext of a ciphertext under this backing key, if it is the right one; some other bytes if not."""
    both = derive(backing, "kagiban/blob/1", blob[22:38], 64)
    return counter_mode(both[:32], blob[38:50], blob[82:-TAG_BYTES])


def derive(key: bytes, label: str, context: bytes, length: int) -> bytes:
    """SP 800-108r1, counter mode, HMAC-SHA-256; the fixed input is label ‖ 0 ‖ context ‖ length in bits."""
    fixed = label.encode() + b"\0" + context + struct.pack(">I", length * 8)
    blocks = (hmac.digest(key, struct.pack(">I", count) + fixed, "sha256") for count in range(1, length // 32 + 1))
    return b"".join(blocks)


def open_message(key: bytes, label: str, sealed: bytes) -> bytes:
    """N ‖ IV ‖ ciphertext ‖ tag. The tag is not looked at: what comes out proves itself later."""
    message_key = derive(key, label, sealed[:16], KEY_BYTES)
    return counter_mode(message_key, sealed[16:NONCE_BYTES], sealed[NONCE_BYTES:-TAG_BYTES])


def counter_mode(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """GCM without its tag is counter mode from 2 on (SP 800-38D, 7.1)."""
    start = (iv + b"\0\0\0\2").hex()
    command = ["openssl", "enc", "-d", "-aes-256-ctr", "-nopad", "-K", key.hex(), "-iv", start]
    return subprocess.run(command, input=ciphertext, capture_output=True, check=True).stdout
