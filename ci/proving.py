"""What the long forms share: on which sources they run, and what failed before."""

import hashlib
import pathlib
import subprocess
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What the program is built of.
PROGRAM = ("Cargo.toml", "Cargo.lock", "crates", "services", "shapes", "models", "server")
# What a long form itself writes is no change of its sources.
RESULTS = (":!tests/*/proved.toml", ":!fuzz/proved.toml")


def sources(*places: str) -> dict[str, str]:
    """Names what lies in these places: `commit`, where the checkout stands, with `-changed` behind it if they differ from it; `sources`,
    a digest of them as they are. A long form goes on over commits that do not touch them."""
    within = ("--", *places, *RESULTS)
    changes = _git("diff", "HEAD", *within)
    for name in _git("ls-files", "-z", "--others", "--exclude-standard", *within).split(b"\0"):
        if name:
            changes += name + b"\0" + (ROOT / name.decode()).read_bytes()
    head = _git("rev-parse", "HEAD").decode().strip()
    digest = hashlib.sha256(_git("ls-files", "-s", *within) + changes).hexdigest()
    return {"commit": f"{head}-changed" if changes else head, "sources": digest}


def known_failures(proved: pathlib.Path) -> set[int]:
    """The seeds that this file has as failed, now or once."""
    told = tomllib.loads(proved.read_text()) if proved.exists() else {}
    return set(told.get("failed", [])) | set(told.get("failed_once", []))


def _git(*words: str) -> bytes:
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=True).stdout
