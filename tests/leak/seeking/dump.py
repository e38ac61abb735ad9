"""A core dump of a living process, without its empty pages."""

import dataclasses
import os
import pathlib
import shutil
import subprocess

PAGE = 4096
DUMP_SECONDS_MAX = 120


class NoDump(Exception):
    """No dump could be taken, and why."""


@dataclasses.dataclass
class Dump:
    content: bytes
    bytes_on_disk: int


def available() -> bool:
    return shutil.which("gcore") is not None


def take(pid: int, folder: pathlib.Path) -> Dump:
    """What a core dump of the process would hold: pages that it keeps out of dumps are left out."""
    done = subprocess.run(
        ["gcore", "-o", str(folder / "core"), str(pid)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DUMP_SECONDS_MAX,
    )
    file = folder / f"core.{pid}"
    if done.returncode != 0 or not file.exists():
        raise NoDump(f"gcore ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-500:]}")
    try:
        return Dump(without_empty_pages(file), file.stat().st_size)
    finally:
        file.unlink()


def without_empty_pages(file: pathlib.Path) -> bytes:
    """Pages next to each other stay so: an empty run becomes one empty page."""
    kept, empty, was_empty = bytearray(), bytes(PAGE), False
    with file.open("rb", buffering=1 << 20) as pages:
        while page := pages.read(PAGE):
            is_empty = page == empty[: len(page)]
            if not (is_empty and was_empty):
                kept += page
            was_empty = is_empty
    return bytes(kept)


def may_trace() -> str:
    """What of the host bears on it: Yama's scope and who we are."""
    scope = pathlib.Path("/proc/sys/kernel/yama/ptrace_scope")
    yama = scope.read_text().strip() if scope.exists() else "none"
    return f"user {os.geteuid()}, Yama's ptrace_scope {yama}"
