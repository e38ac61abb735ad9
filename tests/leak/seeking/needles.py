"""A secret in every spelling that a careless program might leave it in, and a fast search for all of them at once."""

import base64
import collections
import dataclasses
import urllib.parse

# What is shorter would be found by chance, and the search could not see it.
SECRET_BYTES_MIN = 16
BLOCK = 8
SLICE_BLOCKS = 1 << 17


@dataclasses.dataclass(frozen=True)
class Canary:
    # What kind of secret: `plaintext`, `data key`, …
    kind: str
    name: str
    secret: bytes


@dataclasses.dataclass(frozen=True)
class Hit:
    kind: str
    name: str
    spelling: str
    place: str
    count: int

    def __str__(self) -> str:
        return f"{self.kind} {self.name} as {self.spelling} in {self.place}, {self.count} times"


def spellings(secret: bytes) -> dict[str, bytes]:
    """Raw, hex, base64 at its three alignments in both alphabets, as decimal bytes, reversed; and what is text, as UTF-16."""
    assert len(secret) >= SECRET_BYTES_MIN
    texts = {"hex": secret.hex().encode(), "HEX": secret.hex().upper().encode()}
    for shift in range(3):
        # The characters that depend on the neighbours are left out: two, three or none at either end.
        begin, length = (0, 2, 3)[shift], (len(secret) + shift) * 8 // 6
        for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            texts[f"{name}+{shift}"] = encode(b"\0" * shift + secret)[begin:length]
    texts["percent"] = urllib.parse.quote_from_bytes(base64.b64encode(secret), safe="").encode()
    # How Rust shows a list of bytes, and a string of them.
    texts["decimal"] = ", ".join(str(byte) for byte in secret).encode()
    texts["escaped"] = repr(secret)[2:-1].encode()
    if secret.isascii():
        texts["text"] = secret
    found = {"raw": secret, "reversed": secret[::-1]} | {name: text for name, text in texts.items() if name != "text"}
    for name, text in texts.items():
        for order in ("utf-16-le", "utf-16-be"):
            found[f"{name} as {order}"] = text.decode("ascii").encode(order)
    return found


class Search:
    """Looks for all spellings of all canaries in one walk over the bytes.

    A spelling of 15 bytes or more holds a whole block of eight bytes at every alignment. So the blocks of what is searched are met with
    the eight first blocks of each spelling, and only a spelling that shares one is looked for in the ordinary way."""

    def __init__(self, canaries: list[Canary]):
        self.spelt = [(one, name, text) for one in canaries for name, text in spellings(one.secret).items()]
        self.blocks: dict[int, set[int]] = collections.defaultdict(set)
        for number, (_, _, text) in enumerate(self.spelt):
            assert len(text) >= 2 * BLOCK - 1
            for begin in range(BLOCK):
                self.blocks[int.from_bytes(text[begin : begin + BLOCK], "little")].add(number)
        self.known = frozenset(self.blocks)

    def among(self, content: bytes, place: str) -> list[Hit]:
        suspects: set[int] = set()
        # A copy that ends on a block, so that nothing at the end is passed over.
        view = memoryview(content + b"\0" * (-len(content) % BLOCK)).cast("Q")
        for begin in range(0, len(view), SLICE_BLOCKS):
            for block in self.known.intersection(view[begin : begin + SLICE_BLOCKS]):
                suspects |= self.blocks[block]
        hits = []
        for number in sorted(suspects):
            canary, spelling, text = self.spelt[number]
            if count := content.count(text):
                hits.append(Hit(canary.kind, canary.name, spelling, place, count))
        return hits

    def through(self, places: dict[str, bytes]) -> list[Hit]:
        return [hit for place, content in places.items() for hit in self.among(content, place)]
