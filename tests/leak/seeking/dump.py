"""A core dump of a living process, without its empty pages."""

import ctypes
import dataclasses
import os
import pathlib
import shutil
import subprocess
import tempfile

PAGE = 4096
# What is read of a dump at once, and how it is when nothing is in it.
STRETCH = PAGE << 8
EMPTY = bytes(STRETCH)
DUMP_SECONDS_MAX = 120
# A dump is a gibibyte: as much as the allocator sets aside of the address space. On a disk, writing it takes longer than all else.
MEMORY = pathlib.Path("/dev/shm")
MEMORY_BYTES_MIN = 4 << 30


class NoDump(Exception):
    """No dump could be taken, and why."""


@dataclasses.dataclass
class Dump:
    content: bytes
    bytes_on_disk: int


def available() -> bool:
    return shutil.which("gcore") is not None


def take(pid: int, folder: pathlib.Path) -> Dump:
    """What a core dump of the process would hold: pages that it keeps out of dumps are left out. It is written to memory where there is
    room, else into `folder`."""
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES_MIN
    with tempfile.TemporaryDirectory(prefix="kagiban-leak-", dir=MEMORY if has_room else folder) as place:
        done = subprocess.run(
            ["gcore", "-o", f"{place}/core", str(pid)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DUMP_SECONDS_MAX,
        )
        file = pathlib.Path(place) / f"core.{pid}"
        if done.returncode != 0 or not file.exists():
            raise NoDump(f"gcore ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-500:]}")
        return Dump(without_empty_pages(file), file.stat().st_size)


def without_empty_pages(file: pathlib.Path) -> bytes:
    """Pages next to each other stay so: an empty run becomes one empty page."""
    kept, was_empty = bytearray(), False
    with file.open("rb", buffering=0) as dump:
        while stretch := dump.read(STRETCH):
            # Most of a dump is address space that the allocator has set aside: that is passed over a stretch at a time.
            step = STRETCH if stretch == EMPTY else PAGE
            for begin in range(0, len(stretch), step):
                page = stretch[begin : begin + PAGE]
                is_empty = page == EMPTY[: len(page)]
                if not (is_empty and was_empty):
                    kept += page
                was_empty = is_empty
    return bytes(kept)


def mappings(pid: int) -> list[tuple[int, int, str, str]]:
    """Begin, end, permissions and name of each."""
    found = []
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, permissions, _, _, _, *name = line.split(maxsplit=5)
        begin, end = (int(part, 16) for part in span.split("-"))
        found.append((begin, end, permissions, name[0] if name else "no name"))
    return found


def read(pid: int, address: int, length: int) -> bytes | None:
    """As root reads another process; `None` where not even root can."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        memory.seek(address)
        try:
            return memory.read(length)
        except OSError:
            return None


def write(pid: int, address: int, content: bytes) -> None:
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        memory.seek(address)
        memory.write(content)


def plant(pid: int, place: str, secret: bytes) -> int:
    """Writes the secret into the process, where nothing is in use: into what its allocator has set aside (its largest mapping without a
    name), or far below the top of its stack. The address."""
    spans = [(begin, end, name) for begin, end, access, name in mappings(pid) if access == "rw-p"]
    if place == "heap":
        _, end, _ = max((span for span in spans if span[2] == "no name"), key=lambda span: span[1] - span[0])
        address = end - 1024 - 3
    else:
        address = next(begin for begin, _, name in spans if name == "[stack]") + 1024 + 3
    assert read(pid, address, len(secret)) == bytes(len(secret)), f"the {place} is in use there"
    write(pid, address, secret)
    return address


def where(pid: int, secret: bytes) -> list[str]:
    """The mappings of the process that hold the secret. A hit that is in none of them was in a register, or is gone."""
    found = []
    for begin, end, permissions, name in mappings(pid):
        content = (permissions.startswith("r") and not name.startswith("[v") and read(pid, begin, end - begin)) or b""
        if (place := content.find(secret)) >= 0:
            found.append(f"at {begin + place:#x} in {name} ({permissions})")
    return found


def secret_pages(pid: int) -> list[int]:
    """Where the pages begin that come from memfd_secret(2)."""
    return [begin for begin, _, access, name in mappings(pid) if "secretmem" in name and access.startswith("rw")]


def has_secret_pages() -> bool:
    """Does the kernel have them? The number of the call is the same everywhere."""
    file = ctypes.CDLL(None).syscall(447, 0)
    if file >= 0:
        os.close(file)
    return file >= 0


def may_trace() -> str:
    """What of the host bears on it: Yama's scope and who we are."""
    scope = pathlib.Path("/proc/sys/kernel/yama/ptrace_scope")
    yama = scope.read_text().strip() if scope.exists() else "none"
    return f"user {os.geteuid()}, Yama's ptrace_scope {yama}"
