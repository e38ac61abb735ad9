"""Searches bytes for a secret in every spelling a careless program might leave it in."""

import base64
import pathlib


def spellings(secret: bytes) -> dict[str, bytes]:
    """The secret raw, in hex, in base64 at each of its three alignments, reversed, and as UTF-16."""
    assert len(secret) >= 12, "a short secret would be found by chance"
    found = {
        "raw": secret,
        "hex": secret.hex().encode(),
        "HEX": secret.hex().upper().encode(),
        "reversed": secret[::-1],
    }
    for shift in range(3):
        # The characters that depend on the neighbours are left out: two, three or none at either end.
        length = (len(secret) + shift) * 8 // 6
        begin = (0, 2, 3)[shift]
        for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            found[f"{name}+{shift}"] = encode(b"\0" * shift + secret)[begin:length]
    for text in ("raw", "hex", "base64+0"):
        spelling = found[text]
        if spelling.isascii():
            for order in ("utf-16-le", "utf-16-be"):
                found[f"{text} as {order}"] = spelling.decode("ascii").encode(order)
    return found


def scan(folders: list[pathlib.Path], secrets: dict[str, bytes]) -> list[str]:
    """Each place where a secret stands: `name as spelling in file`. Empty is what one hopes for."""
    wanted = [
        (f"{name} as {how}", bytes_) for name, secret in secrets.items() for how, bytes_ in spellings(secret).items()
    ]
    hits = []
    for path in files(folders):
        content = path.read_bytes()
        hits += [f"{what} in {path}" for what, bytes_ in wanted if bytes_ in content]
    return hits


def files(folders: list[pathlib.Path]) -> list[pathlib.Path]:
    found = []
    for folder in folders:
        found += (
            [folder] if folder.is_file() else sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
        )
    return found
